"""Limbs whose ends are right (PCP), and joints within a share of the person's size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from smpl_assets.pose_table import PoseTable
from smpl_assets.skeletons import Skeleton

_SIDES = ("left_", "right_")
_PAIRED = {
    "upper arm": ("shoulder", "elbow"), "lower arm": ("elbow", "wrist"), "upper leg": ("hip", "knee"),
    "lower leg": ("knee", "ankle"),
}  # fmt: skip
Points = Float[np.ndarray, "people joints 2"]


@dataclass(frozen=True)
class Limb:
    """A body part. group: that it is counted in. ends: the keypoints whose mean each end is."""

    group: str
    ends: tuple[tuple[int, ...], tuple[int, ...]]


def limbs_of(skeleton: Skeleton) -> tuple[Limb, ...]:
    """The ten parts of PCP as far as the skeleton has their keypoints: torso, head, upper and lower arms and legs.

    The torso goes from the middle of the shoulders to the middle of the hips. A skeleton with none of them (animals, hands) is
    measured by the limbs that it is drawn with.
    """
    known = set(skeleton.keypoints)
    torso = tuple(tuple(f"{side}{name}" for side in _SIDES) for name in ("shoulder", "hip"))
    named = [("torso", torso)] + ([("head", tuple((name,) for name in skeleton.head))] if skeleton.head else [])
    named += [(group, ((f"{s}{a}",), (f"{s}{b}",))) for group, (a, b) in _PAIRED.items() for s in _SIDES]
    found = [(group, ends) for group, ends in named if {name for end in ends for name in end} <= known]
    found = found or [("limb", ((a,), (b,))) for a, b in skeleton.limbs]
    index = skeleton.index
    return tuple(Limb(group, (tuple(map(index, ends[0])), tuple(map(index, ends[1])))) for group, ends in found)


def correct_limbs(
    predicted: Points, table: PoseTable, limbs: tuple[Limb, ...], share: float
) -> tuple[Bool[np.ndarray, "people limbs"], Bool[np.ndarray, "people limbs"]]:
    """Limbs both of whose ends lie within `share` of the limb's true length, and the limbs that count.

    A limb counts if all its keypoints are annotated and its ends do not coincide.
    """
    shape = (len(table), len(limbs))
    correct, counted = np.zeros(shape, bool), np.zeros(shape, bool)
    for column, limb in enumerate(limbs):
        truth, found = (np.stack([p[:, list(end)].mean(1) for end in limb.ends], 1) for p in (table.keypoints, predicted))
        length = np.linalg.norm(truth[:, 0] - truth[:, 1], axis=1)
        counted[:, column] = table.annotated[:, [j for end in limb.ends for j in end]].all(1) & (length > 0)
        correct[:, column] = (np.linalg.norm(found - truth, axis=2) <= share * length[:, None]).all(1)
    return correct & counted, counted


def person_sides(table: PoseTable) -> Float[np.ndarray, " people"]:
    """The side of the square about each person's box, px; NaN without a box."""
    side = table.bbox_xywh[:, 2:].max(1, initial=0.0)
    return np.where(side > 0, side, np.nan)
