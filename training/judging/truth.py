"""The annotations that results are held against, and what their images are called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from smpl_assets.pose_table import PoseTable
from smpl_assets.skipped import Malformed, Skipped
from training.datasets.coco import PeopleCategory, parse_keypoints
from training.datasets.coco_entries import category_of, image_of
from training.datasets.files import load_json, require_list
from training.datasets.identity import Identity, identity, is_set
from training.datasets.image_names import parts_of
from training.datasets.settings import DataSettings
from training.datasets.stage import read_poses, recognise_format
from training.judging.album import Album
from training.metrics.coco_match import Ignored


@dataclass(frozen=True, eq=False)
class Truth:
    """Annotated people and how results name their images, keypoints and category.

    order: per keypoint of the skeleton its place in results. ignored: annotations that count neither as found nor as missed.
    ids: rows of the images by the ids of the file. people: ids of the category of people, None where the file has none.
    """

    file: Path
    table: PoseTable
    skipped: Skipped
    order: tuple[int, ...]
    ignored: Ignored
    ids: dict[Identity, int]
    people: frozenset[Identity] | None

    @cached_property
    def keypoints(self) -> tuple[str, ...]:
        """Names of the keypoints in the order of results."""
        names = dict(zip(self.order, self.table.skeleton.keypoints, strict=True))
        return tuple(names[k] for k in range(len(names)))

    @cached_property
    def album(self) -> Album:
        """The images, by whatever results call them."""
        return Album(self.table.images.file_name, self.table.images.size_wh, self.ids)


def read_truth(annotations: Path, form: str | None = None) -> Truth:
    """Read annotations of any known format; images are not looked at.

    Raises:
        InputError: as the format's reader.
    """
    kind = form or recognise_format(annotations)
    table, skipped = read_poses(DataSettings.model_validate({"format": kind, "annotations": str(annotations)}))
    ids: dict[Identity, int] = {int(number): row for row, number in enumerate(table.images.image_id)}
    order = tuple(range(len(table.skeleton)))
    empty = table.select(np.flatnonzero(~table.annotated.any(1)))
    nobody = Ignored(
        empty.image, empty.keypoints, empty.annotated, empty.area, empty.bbox_xywh, np.zeros(len(empty), bool)
    )  # fmt: skip
    if kind != "coco":
        return Truth(annotations, table, skipped, order, nobody, ids, None)
    document = load_json(annotations, "a COCO keypoint file")
    category = PeopleCategory(require_list(document, "categories", annotations), annotations)
    entries = require_list(document, "annotations", annotations)
    rows = {name: row for row, name in enumerate(table.images.file_name)}
    ids = dict(_ids(require_list(document, "images", annotations), rows))
    people = frozenset(c for e in entries if isinstance(e, dict) and category.has(e) and (c := category_of(e)) is not None)
    return Truth(annotations, table, skipped, category.order, _ignored(entries, category, ids), ids, people)


def _ids(listed: list[Any], rows: dict[str, int]) -> Iterable[tuple[Identity, int]]:
    for entry in listed:
        name = entry.get("file_name") if isinstance(entry, dict) else None
        number = identity(entry.get("id")) if isinstance(name, str) else None
        row = rows.get("/".join(parts_of(name))) if isinstance(name, str) else None
        if number is not None and row is not None:
            yield number, row


def _ignored(entries: list[Any], category: PeopleCategory, ids: dict[Identity, int]) -> Ignored:
    """Crowds and people without an annotated joint, as the file has them."""
    joints = len(category.skeleton)
    found: list[tuple[int, np.ndarray, np.ndarray, float, np.ndarray, bool]] = []
    for entry in entries:
        image = image_of(entry)
        row, box = ids.get(image, -1) if image is not None else -1, entry.get("bbox") if isinstance(entry, dict) else None
        if row < 0 or not category.has(entry) or not isinstance(box, list) or len(box) != 4:
            continue
        try:
            points, flags = parse_keypoints(entry.get("keypoints"), category)
        except Malformed:
            points, flags = np.zeros((joints, 2)), np.zeros(joints, np.int64)
        crowd = is_set(entry.get("iscrowd"))
        if crowd or not flags.any():
            area = entry.get("area")
            size = float(area) if isinstance(area, (int, float)) else float(box[2]) * float(box[3])
            found.append((row, points, flags > 0, size, np.array(box, np.float64), crowd))
    if not found:
        return Ignored.none(joints)
    image, points, known, size, boxes, crowds = zip(*found, strict=True)
    return Ignored(
        np.array(image, np.int64), np.stack(points), np.stack(known), np.array(size, np.float64), np.stack(boxes),
        np.array(crowds, bool),
    )  # fmt: skip
