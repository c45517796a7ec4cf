"""The augmented set as ordinary COCO keypoint files whose annotations say where they come from."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from smpl_assets.pose_table import PoseTable
from smpl_assets.skeletons import Skeleton

HALF_PIXEL = 0.5
CATEGORY = 1
BYSTANDER = "bystander"


def finite(value: float) -> float | None:
    """A number as JSON can hold it: None for NaN and infinities."""
    return float(value) if math.isfinite(value) else None


def flat_keypoints(keypoints: np.ndarray, annotated: np.ndarray, visible: np.ndarray) -> list[float | int]:
    """COCO's x, y, v list from continuous px (J, 2): pixel indices (-0.5), zeros where not annotated."""
    flags = np.where(visible & annotated, 2, np.where(annotated, 1, 0))
    shifted = np.where(annotated[:, None], keypoints - HALF_PIXEL, 0.0)
    rows = ((round(float(x), 3), round(float(y), 3), int(v)) for (x, y), v in zip(shifted, flags, strict=True))
    return [n for row in rows for n in row]


def category(skeleton: Skeleton) -> dict[str, Any]:
    """COCO's person category; the whole skeleton rides along so that other skeletons than COCO's survive the round trip."""
    return {
        "id": CATEGORY,
        "name": "person",
        "supercategory": "person",
        "keypoints": list(skeleton.keypoints),
        "skeleton": [[a + 1, b + 1] for a, b in skeleton.limb_indices],
        "rarepose_skeleton": skeleton.to_json(),
    }


def skeleton_of(entry: Mapping[str, Any]) -> Skeleton:
    """The skeleton of a category that `category` made."""
    return Skeleton.from_json(entry["rarepose_skeleton"])


def real_entries(table: PoseTable, provenance: Iterable[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """COCO images and annotations of a PoseTable; `provenance` gives each person's `rarepose` entry.

    Ids are the source's where those are unique, else counted from 1.
    """
    shown = table.images
    image_ids = _unique(shown.image_id.tolist())
    annotation_ids = _unique([int(s) if s.isdecimal() else -1 for s in table.source_id])
    images = [
        {"id": image_id, "file_name": name, "width": width, "height": height}
        for image_id, name, (width, height) in zip(image_ids, shown.file_name, shown.size_wh.tolist(), strict=True)
    ]
    annotations = [
        {
            "id": annotation_ids[row],
            "image_id": image_ids[int(table.image[row])],
            "category_id": CATEGORY,
            "iscrowd": 0,
            "keypoints": flat_keypoints(table.keypoints[row], table.annotated[row], table.visible[row]),
            "num_keypoints": int(table.annotated[row].sum()),
            "bbox": [round(float(v), 3) for v in table.bbox_xywh[row]],
            "area": round(float(table.area[row]), 3),
            "rarepose": dict(entry),
        }
        for row, entry in enumerate(provenance)
    ]
    return images, annotations


def write_coco(path: Path, skeleton: Skeleton, images: list[dict[str, Any]], annotations: list[dict[str, Any]]) -> None:
    """Write one COCO file, one entry a line: readable, comparable line by line, without a second copy in memory."""
    with open(path, "w", encoding="utf-8") as file:
        file.write('{"info": {"description": "RarePose augmented set"},\n"categories": [')
        file.write(_line(category(skeleton)))
        for name, entries in (("images", images), ("annotations", annotations)):
            file.write(f'],\n"{name}": [')
            for index, entry in enumerate(entries):
                file.write((",\n" if index else "\n") + _line(entry))
        file.write("]}\n")


def _line(entry: Mapping[str, Any]) -> str:
    return json.dumps(entry, sort_keys=True, allow_nan=False)


def _unique(ids: list[int]) -> list[int]:
    good = len(set(ids)) == len(ids) and all(i >= 0 for i in ids)
    return ids if good else list(range(1, len(ids) + 1))
