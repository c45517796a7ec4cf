"""The augmented set as ordinary COCO keypoint files whose annotations say where they come from: for `rarepose export`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from smpl_assets.labels import SEEN, SampleLabel, SampleLabels
from smpl_assets.skeletons import Skeleton
from training.augmented.samples import Part, Samples

HALF_PIXEL = 0.5
CATEGORY = 1
BYSTANDER = "bystander"
Entries = tuple[list[dict[str, Any]], list[dict[str, Any]]]
_PROVENANCE = ("source_annotation", "variation", "pose", "texture", "background", "seed")
_BODY = ("global_orient", "body_pose", "shape", "transl")


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


def real_entries(part: Part) -> Entries:
    """COCO images and annotations of real people. Ids are the source's where those are unique, else counted from 1."""
    table = part.table
    shown = table.images
    image_ids = _unique(shown.image_id.tolist())
    annotation_ids = _unique([int(s) if s.isdecimal() else -1 for s in table.source_id])
    images = [
        {"id": number, "file_name": name, "width": width, "height": height}
        for number, name, (width, height) in zip(image_ids, shown.file_name, shown.size_wh.tolist(), strict=True)
    ]
    annotations = []
    for row in range(len(table)):
        center = [finite(float(v)) for v in table.center[row]]
        own = {"center": None if None in center else center, "scale": finite(float(table.scale[row]))}
        found = _annotation(part, row, _entry(part.samples, row) | own)
        annotations.append({**found, "id": annotation_ids[row], "image_id": image_ids[int(table.image[row])]})
    return images, annotations


def synthetic_entries(part: Part, labels: SampleLabels) -> Entries:
    """COCO images and annotations of synthetic people, with how each was made.

    Other people of a synthetic image are annotated too, as COCO does, with the role `bystander`; nothing is trained on them.
    """
    images, annotations, bystanders = [], [], []
    for row, label in enumerate(labels.samples):
        number, name = label.sample_id, part.table.images.file_name[row]
        images.append({"id": number, "file_name": name, "width": label.width, "height": label.height})
        entry = _entry(part.samples, row) | _provenance(label)
        annotations.append(
            {**_annotation(part, row, entry), "id": number, "image_id": number, "segmentation": label.segmentation}
        )
        bystanders += [(number, other) for other in labels.others(number)]
    first = max((s.sample_id for s in labels.samples), default=0) + 1
    extra = {"kind": part.samples.kind, "role": BYSTANDER}
    annotations += [_bystander(first + i, image, other, extra) for i, (image, other) in enumerate(bystanders)]
    return images, annotations


def _entry(samples: Samples, row: int) -> dict[str, Any]:
    """What an annotation says under `rarepose`, whatever its kind."""
    return {
        "kind": samples.kind,
        "person": None if samples.kind == "fill" else int(samples.person[row]),
        "rare": bool(samples.rare[row]),
        "cluster": int(samples.cluster[row]),
        "score": finite(float(samples.score[row])),
        "distance": finite(float(samples.distance[row])),
        "loss_weight": float(samples.weight[row]),
    }


def _provenance(label: SampleLabel) -> dict[str, Any]:
    """What made the sample; the body's parameters live in the camera frame, so the camera is its intrinsics."""
    values = {name: getattr(label, name) for name in _PROVENANCE}
    values |= {name: getattr(label, name).tolist() for name in ("bbox_amodal", "keypoints_3d")}
    body = {name: getattr(label, name).tolist() for name in _BODY}
    drift = {} if math.isnan(label.drift_px) else {"drift_px": label.drift_px}
    return values | drift | {"body": body, "camera": {"intrinsics": label.intrinsics.tolist()}}


def _annotation(part: Part, row: int, entry: Mapping[str, Any]) -> dict[str, Any]:
    table = part.table
    points = table.keypoints[row], table.annotated[row], table.visible[row]
    return _person(*points, table.bbox_xywh[row], float(table.area[row]), entry)


def _bystander(number: int, image: int, label: SampleLabel, entry: Mapping[str, Any]) -> dict[str, Any]:
    points, flags = label.keypoints[:, :2], label.keypoints[:, 2].astype(int)
    own = {"id": number, "image_id": image, "segmentation": label.segmentation}
    return _person(points, flags > 0, flags == SEEN, label.bbox, float(label.area), entry) | own


def _person(
    points: np.ndarray, annotated: np.ndarray, visible: np.ndarray, bbox: np.ndarray, area: float, entry: Mapping[str, Any]
) -> dict[str, Any]:
    """What an annotation says of anybody."""
    return {
        "category_id": CATEGORY,
        "iscrowd": 0,
        "keypoints": flat_keypoints(points, annotated, visible),
        "num_keypoints": int(annotated.sum()),
        "bbox": [round(float(v), 3) for v in bbox],
        "area": round(area, 3),
        "rarepose": dict(entry),
    }


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
