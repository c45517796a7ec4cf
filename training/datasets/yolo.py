"""YOLO pose sets: `data.yaml`, pictures, and a text file of labels for each of them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smpl_assets.pose_table import PoseTable
from smpl_assets.progress import Progress, silent
from smpl_assets.skipped import Malformed, Skipped
from smpl_assets.walk import files_below
from training.datasets.builder import Person, TableBuilder, read_people, require_people, seen_unless_told
from training.datasets.glance import Glance
from training.datasets.image_folder import ImageFolder
from training.datasets.image_list import ImageList
from training.datasets.places import Places
from training.datasets.reader import Reader
from training.datasets.settings import DataSettings
from training.datasets.whole_file import DECIMAL_COMMAS, OUT_OF_RANGE, UNKNOWN_CLASS, UNKNOWN_FLAG, WRONG_ROWS
from training.datasets.yolo_set import YoloSet

_DECIMAL_COMMA = re.compile(r"(?:^|\s)-?\d+,\d+(?=\s|$)")
_SLACK = 0.01  # that ultralytics allows, too


@dataclass(frozen=True)
class Row:
    """One line of a label file. image: name of its picture; label: the file; number: of the line, from 1."""

    image: str
    label: Path
    number: int
    text: str


def read_yolo(
    annotations: Path, root: Path | None, split: str | None = None, progress: Progress = silent
) -> tuple[PoseTable, Skipped]:
    """Read a YOLO pose set.

    Coordinates are shares of the picture's size as its EXIF data turn it, so x times its width is continuous already. Flag 2 is
    seen, 1 hidden, 0 not there; where no flag is 2, 1 is seen. With two numbers a keypoint all are seen but those below zero. One
    at (0, 0) is not there, whatever its flag. A picture with an empty label file has nobody on it; one without a label file is
    not `labelled` and counts as having people.

    Args:
        annotations: `data.yaml`, or the folder it lies in.
        root: the folder that its paths start from, where `path` in it is wrong here, and image names then; None to go by `path`.
        split: `train` or `validation`; None reads both.
        progress: called while people are read.

    Raises:
        InputError: no pose set, its pictures are not found, or nobody usable is in it.
    """
    yolo, skipped = YoloSet.load(annotations, root), Skipped()
    pictures, folder = yolo.pictures(split), Path(os.path.abspath(root)) if root else yolo.folder(split)
    names = {p: p.relative_to(folder).as_posix() for p in pictures if p.is_relative_to(folder)}
    for picture in pictures:
        if picture not in names:
            skipped.add("picture outside the image folder", yolo.file, str(picture))
    label_of = yolo.label_rule(split)
    rows, unlabelled = _rows(names, label_of, yolo.file, skipped)
    peopled = {row.image for row in rows} | unlabelled
    entries = [{"id": name, "file_name": name} for name in names.values()]
    there = ImageFolder(folder, [p for p in names if p.exists()])
    listed = ImageList(entries, there, peopled, yolo.file, skipped, unlabelled=unlabelled, turned=True)
    _count_strays({label_of(p) for p in pictures}, {label_of(e / "x.jpg").parent for e in yolo.entries(split)}, skipped)
    builder = TableBuilder(yolo.skeleton, listed.table)
    parse = _Parser(yolo, listed)
    read_people(rows, parse, builder, skipped, lambda _, row: f"{row.label.name} line {row.number}", yolo.file, progress)
    return seen_unless_told(require_people(builder, skipped, yolo.file, there.told()), skipped), skipped


def _rows(names: dict[Path, str], label_of: Callable[[Path], Path], file: Path, skipped: Skipped) -> tuple[list[Row], set[str]]:
    """The rows of all label files, and the pictures without one."""
    rows, unlabelled = list[Row](), set[str]()
    for picture, name in names.items():
        label = label_of(picture)
        try:
            lines = label.read_text(encoding="utf-8-sig", errors="replace").splitlines()
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            if picture.exists():
                skipped.add("picture without a label file" if missing else "label file cannot be read", file, name)
            unlabelled.add(name)
            continue
        rows += [Row(name, label, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    return rows, unlabelled


def _count_strays(known: Collection[Path], folders: Iterable[Path], skipped: Skipped) -> None:
    """Count label files in the folders of a split's labels that belong to none of its pictures."""
    for folder in folders:
        for label in sorted(folder / p for p in files_below(folder) if p.suffix == ".txt") if folder.is_dir() else ():
            if label not in known and re.match(r"\s*\d+(\s+-?[\d.]+){4}", label.read_text(encoding="utf-8", errors="replace")):
                skipped.add("label file without a picture", folder, label.name)


class _Parser:
    """A row as a Person; Malformed if it breaks a rule."""

    def __init__(self, yolo: YoloSet, listed: ImageList) -> None:
        self.yolo, self.listed = yolo, listed
        self._order = list(yolo.ordered[1])
        self._known: set[tuple[Path, str]] = set()

    def __call__(self, row: Row) -> Person:
        """The person of a row."""
        number, box, points = self._numbers(row.text)
        self._check_class(number)
        if (row.label, row.text.strip()) in self._known:
            raise Malformed("row repeated")
        image = self.listed.index(row.image)
        size = self.listed.table.size_wh[image].astype(np.float64)
        flags, corner = _flags(points), (points[:, :2] == 0).all(1)
        known = (flags > 0) & ~corner
        if not np.isfinite(points[known]).all() or not np.isfinite(box).all():
            raise Malformed("NaN or infinite value")
        inside = np.concatenate([points[known, :2].reshape(-1), box])
        if (np.abs(inside - 0.5) > 0.5 + _SLACK).any():
            raise Malformed(OUT_OF_RANGE, f"{inside.min():g} to {inside.max():g}")
        self._known.add((row.label, row.text.strip()))
        places = np.where(known[:, None], points[:, :2], 0.0).clip(0, 1) * size
        return Person(
            keypoints=places[self._order], annotated=known[self._order], visible=flags[self._order] == 2, image=image,
            source_id=f"{row.image}:{row.number}", bbox_xywh=np.concatenate([(box[:2] - box[2:] / 2) * size, box[2:] * size]),
            cornered=int((corner & (flags > 0)).sum()) if points.shape[1] == 3 else 0,
        )  # fmt: skip

    def _numbers(self, text: str) -> tuple[int, np.ndarray, np.ndarray]:
        """Class, box (4,) and keypoints (J, 2 or 3) of a row."""
        if _DECIMAL_COMMA.search(text) and "." not in text:
            raise Malformed(DECIMAL_COMMAS)
        values = np.array([float(v) for v in re.split(r"[\s,;]+", text.strip(" \t,;"))])
        count, numbers = self.yolo.shape
        if len(values) == 5:
            raise Malformed("no keypoints")
        if len(values) != 5 + count * numbers:
            raise Malformed(WRONG_ROWS, f"{len(values)} numbers, {5 + count * numbers} expected")
        return int(values[0]), values[1:5], values[5:].reshape(count, numbers)

    def _check_class(self, number: int) -> None:
        if self.yolo.names and number not in self.yolo.names:
            raise Malformed(UNKNOWN_CLASS, f"class {number}")
        if self.yolo.people and number not in self.yolo.people:
            raise Malformed("another class than person", self.yolo.names[number])


def _flags(points: np.ndarray) -> np.ndarray:
    """(J,) 2 seen, 1 hidden, 0 not there."""
    if points.shape[1] == 2:
        return np.where((points < 0).any(1), 0, 2)
    flags = np.where(np.isnan(points).all(1), 0.0, points[:, 2])
    if not np.isin(flags, (0, 1, 2)).all():
        raise Malformed(UNKNOWN_FLAG, f"{sorted(set(flags.tolist()))}")
    return flags.astype(np.int64)


def _places(settings: DataSettings, split: str | None) -> Places:
    yolo = YoloSet.load(*settings.files)
    folders = [f for f in yolo.label_folders(split) if f.is_dir()]
    lists = [e for e in yolo.entries(split) if e.is_file()]
    return Places(yolo.file, yolo.folder(split), (*(folders or [yolo.folder(split)]), *lists))


def _is_mine(glance: Glance) -> bool:
    return glance.has("kpt_shape") or any(child.has("kpt_shape") for child in glance.files(".yaml", ".yml"))


READER = Reader(
    is_mine=_is_mine,
    read=lambda settings, split, progress: read_yolo(*settings.files, split, progress),
    skeleton=lambda settings: YoloSet.load(*settings.files).skeleton,
    places=_places,
)
