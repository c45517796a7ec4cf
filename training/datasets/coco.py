"""COCO keypoint files (and those written in their layout), with any skeleton that their categories name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from smpl_assets.progress import Progress, silent
from smpl_assets.skeletons import Skeleton
from smpl_assets.skipped import Malformed, Skipped
from training.datasets.builder import Person, TableBuilder, read_people, require_people, seen_unless_told
from training.datasets.categories import skeleton_from_names
from training.datasets.coco_entries import PERSON_WORDS, category_of, has_joints, image_of, known_as, reaches
from training.datasets.files import load_json, require_list
from training.datasets.identity import Identity, flag, is_missing, is_set, source_name
from training.datasets.image_list import ImageList
from training.datasets.reader import Reader
from training.datasets.whole_file import BOOLEAN, FLAGLESS, NESTED, UNKNOWN_FLAG

_CORNER = 0.5  # where COCO's (0, 0) is, px


def read_coco(annotations: Path, images: Path | None, progress: Progress = silent) -> tuple[PoseTable, Skipped]:
    """Read one COCO keypoint file.

    Keypoints are shifted by +0.5 px (COCO counts pixels from 0); boxes are edges already. Flag 2 is seen, 1 hidden but annotated;
    where no flag is 2, 1 is seen. A joint at (0, 0) is not annotated, whatever its flag: exporters write it where they know none.
    People without any annotated joint are kept (the rarity stage excludes and counts them); crowd regions are left out and
    become `ignore` of their image.

    Args:
        annotations: the JSON file.
        images: the folder of its images; images missing there are skipped and counted, and so are their people. None: not
            looked at.
        progress: called while people are read.

    Returns:
        The people, with every image of the file that is there (`has_person` False where the file has nobody on it), and what
        was left out.

    Raises:
        InputError: file or folder cannot be used as a whole.
    """
    document = load_json(annotations, "a COCO keypoint file")
    skipped = Skipped()
    category = PeopleCategory(require_list(document, "categories", annotations), annotations)
    entries = require_list(document, "annotations", annotations)
    peopled, crowds = category.peopled(entries), category.crowds(entries)
    listed = ImageList(
        require_list(document, "images", annotations), images, peopled, annotations, skipped, crowds,
        reach=lambda: category.reaches(entries),
    )  # fmt: skip
    builder = TableBuilder(category.skeleton, listed.table)
    read_people(entries, lambda e: parse_person(e, category, listed), builder, skipped, entry_name, annotations, progress)
    return seen_unless_told(require_people(builder, skipped, annotations, listed.folder.told()), skipped), skipped


def coco_skeleton(annotations: Path) -> Skeleton:
    """The skeleton that a file's categories name; InputError if they name none."""
    document = load_json(annotations, "a COCO keypoint file")
    return PeopleCategory(require_list(document, "categories", annotations), annotations).skeleton


class PeopleCategory:
    """The categories that have keypoints; they share one skeleton.

    skeleton: known by its keypoint names, else made of them; order: where its keypoints stand in the file.
    """

    skeleton: Skeleton
    order: tuple[int, ...]

    def __init__(self, categories: list[Any], file: Path) -> None:
        """InputError if no category names keypoints, or several do, differ, and are not all but one other than `person`."""
        named = [c for c in categories if isinstance(c, dict) and isinstance(c.get("keypoints"), list) and c["keypoints"]]
        if not named:
            names = ", ".join(str(c.get("name")) for c in categories[:8] if isinstance(c, dict)) or "none"
            raise InputError(
                f"{file}: no category names its keypoints (categories: {names})",
                "give the keypoint file (person_keypoints_*.json, not instances_*.json), or name a category's keypoints in it",
            )
        if any(c["keypoints"] != named[0]["keypoints"] for c in named):
            people = [c for c in named if c.get("name") == "person"]
            if len(people) != 1:
                names = ", ".join(str(c.get("name")) for c in named)
                raise InputError(f"{file}: categories {names} have different keypoints", "keep one of them, or call one 'person'")
            named = people
        edges, exported = named[0].get("skeleton"), _exported(named[0])
        self.skeleton, self.order = (
            (exported, tuple(range(len(exported))))
            if exported
            else skeleton_from_names(
                named[0]["keypoints"], edges if isinstance(edges, list) else [], named[0].get("name", "person"), file
            )
        )
        others = [c for c in categories if isinstance(c, dict) and c not in named]
        self._people = known_as(named)
        self._others = known_as(others) - self._people
        self._bystanders = known_as(c for c in others if str(c.get("name")).casefold() in PERSON_WORDS) - self._people

    def has(self, entry: Any) -> bool | None:
        """Whether an annotation is of one of these categories; None if its category is none of the file's.

        One that is no object, or names no category, counts as of these, so that it is reported.
        """
        if not isinstance(entry, dict) or is_missing(entry.get("category_id")):
            return True
        category = category_of(entry)
        return True if category in self._people else False if category in self._others else None

    def peopled(self, entries: list[Any]) -> set[Identity | None]:
        """Ids of the images that somebody may be on; None among them if an annotation of somebody names no image.

        Crowds and malformed entries count, and so does what has joints, is of no known category or of one called `people`.
        """
        return {image_of(e) for e in entries if self.has(e) is not False or has_joints(e) or category_of(e) in self._bystanders}

    def crowds(self, entries: list[Any]) -> dict[Identity, list[Any]]:
        """Image id -> its crowd regions, as COCO segmentations."""
        found: dict[Identity, list[Any]] = {}
        for entry in entries:
            image = image_of(entry)
            if image is not None and is_set(entry.get("iscrowd")) and self.has(entry):
                found.setdefault(image, []).extend(crowd_region(entry))
        return found

    def reaches(self, entries: list[Any]) -> dict[Identity, tuple[float, float]]:
        """Image id -> the farthest annotated joint of its people (x, y), px."""
        return reaches([e for e in entries if isinstance(e, dict) and self.has(e)])


def _exported(category: dict[str, Any]) -> Skeleton | None:
    """The skeleton that `rarepose export` writes into a category; None where it is none, or not of these keypoints."""
    try:
        skeleton = Skeleton.from_json(category["rarepose_skeleton"])
        used = {k for part in (*skeleton.limbs, *skeleton.pairs, skeleton.head) for k in part}
        fits = list(skeleton.keypoints) == category["keypoints"] and used <= set(skeleton.keypoints)
        return skeleton if fits and isinstance(skeleton.name, str) else None
    except (KeyError, TypeError, ValueError):
        return None


def entry_name(position: int, entry: Any) -> str:
    """How an annotation is called in the list of skipped entries."""
    if not isinstance(entry, dict):
        return f"annotations[{position}]"
    number = entry.get("id")
    return f"annotation {f'number {position}' if is_missing(number) else number} (image {entry.get('image_id')})"


def parse_person(entry: dict[str, Any], category: PeopleCategory, listed: ImageList) -> Person | None:
    """One annotation as a Person; None if it is of another category. Malformed if it breaks a rule."""
    known = category.has(entry)
    if known is None and has_joints(entry):
        raise Malformed("keypoints of a category that the file does not list", f"category_id {entry.get('category_id')}")
    if not known:
        return None
    if flag(entry.get("iscrowd")):
        raise Malformed("crowd region")
    keypoints, flags = parse_keypoints(entry.get("keypoints"), category)
    corner = (keypoints == _CORNER).all(1) & (flags > 0)
    area = entry.get("area")
    return Person(
        keypoints=keypoints, annotated=(flags > 0) & ~corner, visible=flags == 2, image=listed.index(entry["image_id"]),
        source_id=source_name(entry.get("id")), bbox_xywh=parse_box(entry.get("bbox")),
        area=float(area) if area is not None else None, cornered=int(corner.sum()),
    )  # fmt: skip


def parse_keypoints(values: Any, category: PeopleCategory) -> tuple[np.ndarray, np.ndarray]:
    """COCO's flat x, y, v list as keypoints (J, 2) in continuous px and flags (J,), in the skeleton's order.

    Under flag 0 coordinates mean nothing, and are zero here; a point of three nulls is not there either.
    """
    if values is None or values == []:
        raise Malformed("no keypoints")
    if not isinstance(values, list) or any(isinstance(v, (list, dict)) for v in values):
        raise Malformed(NESTED, str(values)[:60])
    joints = len(category.skeleton)
    if len(values) != 3 * joints:
        reason = FLAGLESS if len(values) == 2 * joints else "wrong number of keypoints"
        raise Malformed(reason, f"{len(values)} numbers, {3 * joints} expected")
    if any(isinstance(v, bool) for v in values[2::3]):
        raise Malformed(BOOLEAN)
    rows = np.asarray(values, dtype=np.float64).reshape(joints, 3)[list(category.order)]
    rows[np.isnan(rows).all(1) | (rows[:, 2] == 0)] = 0.0
    if not np.isin(rows[:, 2], (0, 1, 2)).all():
        raise Malformed(UNKNOWN_FLAG, f"{sorted(set(rows[:, 2].tolist()))}")
    if not np.isfinite(rows).all():
        raise Malformed("NaN or infinite value")
    return rows[:, :2] + _CORNER, rows[:, 2].astype(np.int64)


def parse_box(values: Any) -> np.ndarray | None:
    """A box of four finite numbers x, y, width, height; None where there is none or it holds nothing, Malformed otherwise."""
    if values is None or values == []:
        return None
    box = np.asarray(values, dtype=np.float64)
    if box.shape != (4,):
        raise Malformed("box is not x, y, width, height", str(values)[:80])
    if np.isnan(box).all():
        return None
    if not np.isfinite(box).all():
        raise Malformed("NaN or infinite value", f"bbox {values}")
    return box


READER = Reader(
    is_mine=lambda glance: (
        (glance.lists("annotations", "categories") or glance.lists("annotations", "images")) and not glance.tracks
    ),
    read=lambda settings, split, progress: read_coco(*settings.files, progress),
    skeleton=lambda settings: coco_skeleton(settings.files[0]),
)


def crowd_region(entry: dict[str, Any]) -> list[Any]:
    """An annotation's region as a list of one segmentation: its run lengths or polygons, else its box; [] without either."""
    region, box = entry.get("segmentation"), entry.get("bbox")
    if isinstance(region, dict) and {"size", "counts"} <= region.keys():
        return [{"size": region["size"], "counts": region["counts"]}]
    if isinstance(region, list) and region and all(_is_outline(p) for p in region):
        return [region]
    if not isinstance(box, list) or not _are_numbers(box, 4):
        return []
    x, y, width, height = box
    return [[[x, y, x + width, y, x + width, y + height, x, y + height]]]


def polygons(xs: Any, ys: Any) -> list[Any]:
    """PoseTrack's outlines (a list of x and one of y each, px counted from 0) as segmentations; bad ones are left out."""
    if not isinstance(xs, list) or not isinstance(ys, list):
        return []
    found = []
    for x, y in zip(xs, ys, strict=False):
        if isinstance(x, list) and isinstance(y, list) and len(x) == len(y):
            outline = [v for pair in zip(x, y, strict=True) for v in pair]
            if _is_outline(outline):
                found.append([[v + 0.5 for v in outline]])
    return found


def _is_outline(points: Any) -> bool:
    return isinstance(points, list) and len(points) >= 6 and len(points) % 2 == 0 and _are_numbers(points, len(points))


def _are_numbers(values: Any, count: int) -> bool:
    return isinstance(values, list) and len(values) == count and all(isinstance(v, (int, float)) and abs(v) < 1e9 for v in values)
