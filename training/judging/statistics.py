"""What an annotated set holds, in numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from smpl_assets.pose_table import PoseTable
from training.rarity.frame import tilt

SMALL, LARGE = 32**2, 96**2  # px^2, COCO's sizes
SECTORS = 24  # of the orientation rose
_EDGE = 2.0  # px: a box this near to the image's edge touches it


def statistics(table: PoseTable) -> dict[str, Any]:
    """People, images, sizes, joints, orientation and truncation.

    joints: per keypoint the share of people of whom it is seen, hidden, not annotated. rose: people per sector of 15 degrees of
    the torso's tilt, the first one around upright, clockwise. truncated: joints missing while the box touches the image's edge.
    """
    annotated, visible = table.annotated, table.visible
    people = annotated.any(1)
    per_image = np.bincount(table.image, minlength=len(table.images))
    area, angle = table.area[people], tilt(table)
    edge = touches_edge(table)
    return {
        "images": len(table.images),
        "images_without_people": int((per_image == 0).sum()),
        "people": len(table),
        "with_joints": int(people.sum()),
        "people_per_image": {"mean": float(per_image.mean()) if len(per_image) else 0.0, "most": int(per_image.max(initial=0))},
        "sizes": {
            "small": int((area < SMALL).sum()),
            "medium": int(((area >= SMALL) & (area < LARGE)).sum()),
            "large": int((area >= LARGE).sum()),
        },
        "height_px": _quartiles(table.bbox_xywh[people][:, 3]),
        "joints": [
            {"name": name, "seen": _share(visible[people, j]), "hidden": _share((annotated & ~visible)[people, j])}
            for j, name in enumerate(table.skeleton.keypoints)
        ],
        "joints_per_person": np.bincount(annotated[people].sum(1), minlength=annotated.shape[1] + 1).tolist(),
        "rose": rose(angle[np.isfinite(angle)]),
        "upside_down": int((np.abs(angle[np.isfinite(angle)]) > 0.75 * np.pi).sum()),
        "without_torso": int((people & ~np.isfinite(angle)).sum()),
        "truncated": int((people & edge & ~annotated.all(1)).sum()),
        "incomplete": int((people & ~annotated.all(1)).sum()),
    }


def rose(angle: Float[np.ndarray, " people"]) -> list[int]:
    """People per sector; angles in rad from upright."""
    sector = np.floor(angle / (2 * np.pi) * SECTORS + 0.5).astype(int) % SECTORS
    return np.bincount(sector, minlength=SECTORS).tolist()


def touches_edge(table: PoseTable) -> Bool[np.ndarray, " people"]:
    """Whose box reaches the edge of the image; nobody's where its size is not known."""
    size = table.images.size_wh[table.image]
    low, high = table.bbox_xywh[:, :2], table.bbox_xywh[:, :2] + table.bbox_xywh[:, 2:]
    return np.asarray((size > 0).all(1) & ((low <= _EDGE) | (high >= size - _EDGE)).any(1))


def _share(flags: Bool[np.ndarray, " people"]) -> float:
    return float(flags.mean()) if len(flags) else 0.0


def _quartiles(values: Float[np.ndarray, " people"]) -> list[float]:
    return np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95]).tolist() if len(values) else []
