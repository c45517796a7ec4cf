"""Crops about the upper or the lower half of a person (HRNet's half-body augmentation)."""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Bool, Float

from smpl_assets.skeletons import Skeleton
from training.feeds.transforms import Box

Half = Literal["upper", "lower"]
_JOINTS: dict[Half, tuple[str, ...]] = {
    "upper": ("nose", "eye", "ear", "head", "head_top", "head_bottom", "neck", "thorax", "shoulder", "elbow", "wrist"),
    "lower": ("hip", "knee", "ankle", "pelvis"),
}
_FEWEST = 3
_MARGIN = 1.2


def halves(skeleton: Skeleton) -> dict[Half, tuple[int, ...]]:
    """The joints of each half by their names; empty for a skeleton that names too few of either."""
    bare = [name.removeprefix("left_").removeprefix("right_") for name in skeleton.keypoints]
    found = {half: tuple(i for i, name in enumerate(bare) if name in names) for half, names in _JOINTS.items()}
    return found if all(len(joints) >= _FEWEST for joints in found.values()) else {}


def half_region(
    keypoints: Float[np.ndarray, "joints 2"], annotated: Bool[np.ndarray, " joints"], joints: tuple[int, ...]
) -> Box | None:
    """The box about some joints and a margin, xywh px; None where not more than half of the person's joints, or fewer than
    three of these, are annotated.
    """
    chosen = [joint for joint in joints if annotated[joint]]
    if 2 * annotated.sum() <= len(annotated) or len(chosen) < _FEWEST:
        return None
    low, high = keypoints[chosen].min(0), keypoints[chosen].max(0)
    size = np.maximum((high - low) * _MARGIN, 1.0)
    return np.concatenate([(low + high - size) / 2, size])
