"""Collects people into a PoseTable; the rules every entry has to keep, whatever file it comes from."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from smpl_assets.errors import InputError
from smpl_assets.pose_table import ImageTable, PoseTable
from smpl_assets.progress import Progress
from smpl_assets.skeletons import Skeleton
from smpl_assets.skipped import Malformed, Skipped
from training.datasets.whole_boxes import check_boxes
from training.datasets.whole_file import check_whole
from training.mpii_person import mpii_region

SEEN_NOTE = "no visibility flag is 2: keypoints with flag 1 are read as seen"
CORNERED = "keypoints flagged as there, at (0, 0): read as not annotated"
_REPORT_EVERY = 2000
_BOX_MARGIN = 0.1
_TELLING = ("keypoints", "annotated", "bbox_xywh")  # what two people of one id and image differ in
_LARGEST = 1e6  # px; further away nothing can be that was seen on a photograph


@dataclass(frozen=True)
class Person:
    """One annotated person as a reader found it; coordinates are continuous px.

    keypoints: (J, 2), anything where not annotated; annotated, visible: (J,); image: index into the images.
    source_id: its entry's, '' where it has none.
    bbox_xywh: None where the set gives no box; then, as for one without area, it is taken from the joints, widened by a tenth.
    center, scale: MPII's objpos and scale; None where the set has none: then such that MPII's region is the square about the box.
    head_size: px, NaN where unknown; area: px^2, None or no positive number where unknown.
    cornered: joints that the set flags as there, at (0, 0): they are not annotated.
    """

    keypoints: np.ndarray
    annotated: np.ndarray
    visible: np.ndarray
    image: int
    source_id: str
    bbox_xywh: np.ndarray | None = None
    center: np.ndarray | None = None
    scale: float | None = None
    head_size: float = float("nan")
    area: float | None = None
    person_id: int = -1
    cornered: int = 0


class TableBuilder:
    """Checks people one by one and stacks them."""

    def __init__(self, skeleton: Skeleton, images: ImageTable) -> None:
        self.skeleton = skeleton
        self.images = images
        self._rows: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
        self._source_ids: list[str] = []
        self._given: list[np.ndarray] = []
        self._known: dict[tuple[str, int], list[int]] = defaultdict(list)

    def add(self, person: Person) -> None:
        """Append a person; Malformed if it breaks a rule."""
        _check_finite(person)
        keypoints = np.where(person.annotated[:, None], person.keypoints, 0.0)
        box = self._box(person)
        area = person.area if person.area is not None and 0 < person.area < np.inf else box[2] * box[3]
        center, scale = mpii_region(box[None])
        values = {
            "keypoints": keypoints, "annotated": person.annotated, "visible": person.visible & person.annotated,
            "bbox_xywh": box, "center": center[0] if person.center is None else person.center,
            "scale": scale[0] if person.scale is None else person.scale, "head_size": person.head_size, "area": area,
            "image": person.image, "person_id": person.person_id,
        }  # fmt: skip
        same = self._known[person.source_id, person.image]
        if any(all(np.array_equal(self._rows[n][row], values[n]) for n in _TELLING) for row in same):
            raise Malformed("annotation repeated")
        same.append(len(self))
        for name, value in values.items():
            self._rows[name].append(value)
        self._source_ids.append(person.source_id)
        self._given.append(np.full(4, np.nan) if person.bbox_xywh is None else person.bbox_xywh)

    def _box(self, person: Person) -> np.ndarray:
        """The person's box cut at the image's edges; Malformed if nothing of it is left."""
        box = _own_box(person)
        size = self.images.size_wh[person.image]
        if not size.all():
            return box
        low, high = np.clip(box[:2], 0, size), np.clip(box[:2] + box[2:], 0, size)
        if np.any(high - low <= 0):
            raise Malformed("box outside the image", f"bbox {box.tolist()}, image {size[0]} x {size[1]}")
        return np.concatenate([low, high - low])

    def __len__(self) -> int:
        return len(self._source_ids)

    @property
    def given_boxes(self) -> np.ndarray:
        """The people's boxes (N, 4) as the file has them, NaN where it has none."""
        return np.array(self._given, np.float64).reshape(-1, 4)

    def table(self) -> PoseTable:
        """All people added so far, in order."""
        joints = len(self.skeleton)
        arrays: dict[str, Any] = {
            name: np.asarray(self._rows[name], dtype=dtype).reshape((len(self), *(joints if s == -1 else s for s in shape)))
            for name, (dtype, shape) in _COLUMNS.items()
        }
        return PoseTable(skeleton=self.skeleton, **arrays, source_id=self._named(), images=self.images)

    def _named(self) -> tuple[str, ...]:
        """Each person's entry; `IMAGE#2`, the second on that image, where entries have no id or share one."""
        count, place, found = Counter(self._source_ids), Counter[int](), list[str]()
        for name, image in zip(self._source_ids, self._rows["image"], strict=True):
            place[image] += 1
            alone = name and count[name] == 1
            found.append(name if alone else f"{self.images.file_name[image]}#{place[image]}")
        return tuple(found)


_COLUMNS: dict[str, tuple[type, tuple[int, ...]]] = {
    "keypoints": (np.float64, (-1, 2)),
    "annotated": (np.bool_, (-1,)),
    "visible": (np.bool_, (-1,)),
    "bbox_xywh": (np.float64, (4,)),
    "center": (np.float64, (2,)),
    **dict.fromkeys(("scale", "head_size", "area"), (np.float64, ())),
    **dict.fromkeys(("image", "person_id"), (np.int64, ())),
}


def _check_finite(person: Person) -> None:
    optional = [v for v in (person.bbox_xywh, person.center, person.scale) if v is not None]
    if not np.isfinite(person.keypoints[person.annotated]).all() or not all(np.isfinite(v).all() for v in optional):
        raise Malformed("NaN or infinite value")
    largest = max(float(np.abs(v).max(initial=0.0)) for v in (person.keypoints[person.annotated], *optional))
    if largest > _LARGEST:
        raise Malformed("value that no photograph has", f"{largest:g} px")
    if abs(person.person_id) >= 2**63:
        raise Malformed("track number is no 64-bit number")


def _own_box(person: Person) -> np.ndarray:
    """The box that the set gives, else one around the joints, else (too few joints) one around centre and scale.

    Tools that know no boxes write zeros; a box without area, or with a negative one, is none either.
    """
    if person.bbox_xywh is not None and (person.bbox_xywh[2:] > 0).all():
        return person.bbox_xywh
    points = person.keypoints[person.annotated]
    if len(points) >= 2 and np.ptp(points, axis=0).max() > 0:
        margin = _BOX_MARGIN * np.ptp(points, axis=0).max()
        low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
        return np.concatenate([low, high - low])
    if person.center is not None and person.scale is not None:
        return np.concatenate([person.center - 100.0 * person.scale, np.full(2, 200.0 * person.scale)])
    raise Malformed("no box, and too few joints to make one")


def head_size_of_box(width: float, height: float) -> float:
    """The length that PCKh divides by (px): 0.6 x the diagonal of the head box; NaN for a box without area."""
    return 0.6 * float(np.hypot(width, height)) if width > 0 and height > 0 else float("nan")


def read_people(
    entries: Sequence[Any],
    parse: Callable[[Any], Person | None],
    builder: TableBuilder,
    skipped: Skipped,
    name: Callable[[int, Any], str],
    file: Path,
    progress: Progress,
) -> None:
    """Parse every entry into `builder`; malformed ones are skipped and counted, None from `parse` is no person at all."""
    for position, entry in enumerate(entries):
        if position % _REPORT_EVERY == 0:
            progress(position, len(entries))
        try:
            person = parse(entry)
            if person is not None:
                builder.add(person)
                if person.cornered:
                    skipped.note(CORNERED, file, name(position, entry))
        except Malformed as problem:
            skipped.add(problem.reason, file, name(position, entry) + (f": {problem.detail}" if problem.detail else ""))
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
            skipped.add("entry incomplete or of the wrong type", file, f"{name(position, entry)}: {type(error).__name__} {error}")
    progress(len(entries), len(entries))


def _example(skipped: Skipped) -> str:
    """The first entry that was lost for the commonest reason, if more than its name is known of it."""
    most = max(skipped.counts, key=lambda reason: skipped.counts[reason], default="")
    first = next((e["entry"] for e in skipped.entries if e["reason"] == most), "")
    return f"the first: {first}" if ": " in first else ""


def seen_unless_told(table: PoseTable, skipped: Skipped) -> PoseTable:
    """The table, its annotated joints taken as seen where no flag is 2: such files know but 0 and 1. `skipped` gets a remark."""
    if table.visible.any() or not table.annotated.any():
        return table
    skipped.remarks.append(SEEN_NOTE)
    return dataclasses.replace(table, visible=table.annotated.copy())


def require_people(builder: TableBuilder, skipped: Skipped, file: Path, missing: str = "") -> PoseTable:
    """The builder's table; InputError if it holds nobody with an annotated joint, or `check_whole` finds the file amiss.

    missing: what was looked for in vain (`ImageFolder.told`), for the error.
    """
    table = builder.table()
    check_whole(table, skipped, file)
    check_boxes(table, builder.given_boxes, file)
    if not table.annotated.any():
        why = skipped.summary() or (f"{len(table)} people, none with an annotated joint" if len(table) else "it lists no people")
        told = missing or _example(skipped)
        what = f"{file}: no usable person ({why})" + (f"; {told}" if told else "")
        raise InputError(what, "give annotations of people with keypoints, or correct `images`")
    skipped.read = len(table)
    return table
