"""One strip per synthetic sample: from the photograph that it answers to, to the image that the networks see."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pipeline.report.drawing import SEEN, draw_pose, moved, sheet
from pipeline.report.dresser import Dresser
from pipeline.report.pictures import Picture, picture, write_png
from pipeline.report.run import Run, Sample
from pipeline.report.settings import ReportSettings
from smpl_assets.inverse.overlay import cut_out
from smpl_assets.labels import SampleLabel
from smpl_assets.skeletons import Skeleton

COLUMNS = ("photograph, annotated pose", "body over it", "the same from the side", "rendered", "translated", "labels")


@dataclass(frozen=True)
class Strip:
    """A row of pictures (None where there is nothing to show) with what is known of the sample."""

    pictures: tuple[Picture | None, ...]
    title: str
    facts: tuple[str, ...]
    dropped: str


def build_strips(run: Run, dresser: Dresser, settings: ReportSettings, figures: Path) -> list[Strip]:
    """Strips of samples spread evenly from the best accepted fit to the worst; writes them as `strips.png` into `figures`."""
    row_of = {int(person): row for row, person in enumerate(run.fits.person)}
    known = [s for s in run.samples if s.label.source_person in row_of]
    known.sort(key=lambda s: (run.fits.error_crop[row_of[s.label.source_person]], s.label.sample_id))
    people = _first_of_each_person(known)
    shown = people if len(people) >= settings.samples else known
    chosen = np.unique(np.linspace(0, max(len(shown) - 1, 0), min(settings.samples, len(shown))).round().astype(int)).tolist()
    strips, tiles = [], []
    for index in chosen:
        sample = shown[index]
        images = _images(run, dresser, sample, row_of[sample.label.source_person])
        tiles += [np.full((dresser.tile, dresser.tile, 3), 255, np.uint8) if i is None else i for i in images]
        pictures = [None if i is None else picture(i, c, settings.quality) for i, c in zip(images, COLUMNS, strict=True)]
        strips.append(_strip(run, sample, row_of[sample.label.source_person], tuple(pictures)))
    if tiles:
        write_png(sheet(tiles, len(COLUMNS)), figures / "strips.png")
    return strips


def pairs_of(strips: list[Strip], most: int = 3) -> list[Strip]:
    """Strips whose photograph and labelled image open the page: kept ones, evenly from all."""
    whole = [s for s in strips if s.pictures[0] is not None and not s.dropped]
    places = np.unique(np.linspace(0, max(len(whole) - 1, 0), min(most, len(whole))).round().astype(int)).tolist()
    return [whole[i] for i in places]


def _first_of_each_person(samples: list[Sample]) -> list[Sample]:
    firsts: dict[int, Sample] = {}
    for sample in samples:
        firsts.setdefault(sample.label.source_person, sample)
    return list(firsts.values())


def _images(run: Run, dresser: Dresser, sample: Sample, row: int) -> list[np.ndarray | None]:
    skeleton, side = run.tables["train"].skeleton, dresser.tile
    photo = run.photo("train", sample.label.source_person)
    translated = sample.translation()
    final = sample.render() if translated is None else translated
    return [
        None if photo is None else source_tile(run, photo, row, side),
        None if photo is None else dresser.over(photo, run.fits, row),
        dresser.side(run.fits, row),
        _fitted(sample.render(), side),
        None if translated is None else _fitted(translated, side),
        _labelled(final, sample.label, skeleton, side),
    ]


def source_tile(run: Run, photo: np.ndarray, row: int, side: int) -> np.ndarray:
    """The photograph's crop of a fitted person with the annotated pose."""
    table, person = run.tables["train"], int(run.fits.person[row])
    tile, _, affine = cut_out(photo, run.fits.intrinsics[row].astype(float), run.fits.crop_xywh[row].astype(float), side)
    flags = np.where(table.visible[person], SEEN, table.annotated[person].astype(np.int64))
    return draw_pose(tile, table.skeleton, moved(table.keypoints[person], affine), flags)


def _fitted(image: np.ndarray, side: int) -> np.ndarray:
    """The whole image inside a white square."""
    return _placed(image, side)[0]


def _placed(image: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """The image inside a white square of `side` px, and the affine that takes its px there."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    square = np.full((side, side, 3), 255, np.uint8)
    square[top : top + size[1], left : left + size[0]] = small
    return square, np.array([[size[0] / width, 0.0, left], [0.0, size[1] / height, top]])


def _labelled(image: np.ndarray, label: SampleLabel, skeleton: Skeleton, side: int) -> np.ndarray:
    tile, affine = _placed(image, side)
    rows = label.keypoints
    return draw_pose(tile, skeleton, moved(rows[:, :2], affine), rows[:, 2].astype(np.int64))


def _strip(run: Run, sample: Sample, row: int, pictures: tuple[Picture | None, ...]) -> Strip:
    table, scores, label = run.tables["train"], run.scores["train"], sample.label
    person = label.source_person
    flags = [int(k[2]) for k in label.keypoints]
    facts = [
        f"cluster {int(scores.cluster[person])}",
        f"score {scores.score[person]:.2f}",
        *([str(scores.reason[person])] if scores.reason[person] else []),
        f"reprojects within {100 * run.fits.error_crop[row]:.1f} % of the crop",
        f"{flags.count(2)} joints seen, {flags.count(1)} hidden, {flags.count(0)} outside",
    ]
    moved_label = sample.translated
    if moved_label is not None:
        facts.append(f"translation moved labels by {moved_label.drift_px:.1f} px")
    dropped = str(moved_label.kept_reason or "") if moved_label is not None and not moved_label.kept else ""
    name = table.file_name(person)
    return Strip(pictures, f"{name} · annotation {table.source_id[person]}", tuple(facts), dropped)
