"""The demo set's annotations as a COCO keypoint file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from smpl_assets.archive import write_json
from smpl_assets.labels import HIDDEN, coco_keypoints, run_length
from smpl_assets.render.protocol import RenderOutput
from smpl_assets.skeletons import get_skeleton
from training.datasets.demo.cast import SKELETON, CastMember
from training.datasets.demo.plan import PicturePlan

_PIXEL_CENTRE = 0.5
_HIDDEN_LEFT_OUT = 0.35
_LEAST_AREA_PX = 60


def image_entry(plan: PicturePlan) -> dict[str, Any]:
    """The picture's row in `images`."""
    return {
        "id": plan.number + 1,
        "file_name": f"{plan.number + 1:012d}.jpg",
        "width": plan.shape.width,
        "height": plan.shape.height,
    }


def annotation_entries(
    plan: PicturePlan, output: RenderOutput, members: list[CastMember], rng: np.random.Generator
) -> list[dict[str, Any]]:
    """The rows of its people; as with people who annotate, a third of the hidden keypoints is left out."""
    entries = []
    for order, person in enumerate(plan.people):
        mask = output.owner == order
        if mask.sum() < _LEAST_AREA_PX:
            continue
        known = coco_keypoints(output.keypoints[order], output.in_frame[order], output.seen[order]).tolist()
        points = [[0.0, 0.0, 0] if v == HIDDEN and rng.random() < _HIDDEN_LEFT_OUT else [x, y, v] for x, y, v in known]
        member = members[person]
        entries.append({
            "id": person + 1, "image_id": plan.number + 1, "category_id": 1, "iscrowd": 0,
            "keypoints": [value for point in points for value in _indexed(*point)],
            "num_keypoints": sum(v > 0 for *_, v in points),
            "bbox": [round(float(b), 2) for b in output.bbox[order]], "area": int(mask.sum()), "segmentation": run_length(mask),
            "demo": {"posture": member.posture, "unusual": member.unusual},
        })  # fmt: skip
    return entries


def _indexed(x: float, y: float, v: float | int) -> tuple[float, float, int]:
    """A COCO triple: the file counts pixels from their centres."""
    return (round(x - _PIXEL_CENTRE, 3), round(y - _PIXEL_CENTRE, 3), int(v)) if v else (0.0, 0.0, 0)


def write_annotations(path: Path, images: list[dict[str, Any]], annotations: list[dict[str, Any]], seed: int) -> None:
    """Write the file, ordered by id."""
    skeleton = get_skeleton(SKELETON)
    category = {
        "id": 1, "name": "person", "supercategory": "person", "keypoints": list(skeleton.keypoints),
        "skeleton": [[a + 1, b + 1] for a, b in skeleton.limb_indices],
    }  # fmt: skip
    document = {
        "info": {"description": "RarePose demo set: rendered people, CC0", "seed": seed},
        "categories": [category],
        "images": sorted(images, key=lambda i: i["id"]),
        "annotations": sorted(annotations, key=lambda a: a["id"]),
    }
    write_json(path, document)
