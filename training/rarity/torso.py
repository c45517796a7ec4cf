"""The torso of a person in the image, from whichever joints its skeleton has for it."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int64

from smpl_assets.pose_table import PoseTable

_TOP = ("left_shoulder", "right_shoulder")
_BOTTOM = ("left_hip", "right_hip")
Rows = Int64[np.ndarray, " rows"]
Points = Float[np.ndarray, "people 2"]
There = Bool[np.ndarray, " people"]


def torso_vector(table: PoseTable, rows: Rows | None = None) -> tuple[Points, There]:
    """Px from the middle of the hips to the middle of the shoulders, and whether both are annotated.

    One hip or one shoulder is enough. `rows`: of these people, None for all.
    """
    top, has_top = _middle(table, _TOP, rows)
    bottom, has_bottom = _middle(table, _BOTTOM, rows)
    vector = top - bottom
    return vector, has_top & has_bottom & (np.linalg.norm(vector, axis=1) > 1e-3)


def tilt(table: PoseTable) -> Float[np.ndarray, " people"]:
    """Rad, in-plane angle of the torso from upright in (-pi, pi]; NaN where the torso is not annotated."""
    vector, there = torso_vector(table)
    return np.where(there, np.arctan2(vector[:, 0], -vector[:, 1]), np.nan)


def _middle(table: PoseTable, joints: tuple[str, ...], rows: Rows | None) -> tuple[Points, There]:
    """Mean of those of the joints that are annotated, and whether any is."""
    people: slice | Rows = slice(None) if rows is None else rows
    known = [table.skeleton.index(joint) for joint in joints if joint in table.skeleton.keypoints]
    mask = np.asarray(table.annotated[people])[:, known]
    total = (table.keypoints[people][:, known] * mask[..., None]).sum(1)
    return total / np.maximum(mask.sum(1), 1)[:, None], np.asarray(mask.any(1))
