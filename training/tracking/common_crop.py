"""The region that both crops of a pair are cut by: in another, a movement would have no meaning."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from training.feeds.transforms import Affine, Box, crop_matrix

_LEAST = 16.0  # px


def box_of(keypoints: Float[np.ndarray, "joints 2"]) -> Box:
    """x0, y0, x1, y1 about the joints that are there; NaN where none is."""
    there = keypoints[np.isfinite(keypoints).all(1)]
    return np.concatenate([there.min(0), there.max(0)]) if len(there) else np.full(4, np.nan)


def common_matrix(one: Box, other: Box, size_hw: tuple[int, int], padding: float) -> Affine:
    """crop_from_frame: the union of two boxes (x0, y0, x1, y1), padded and widened to the crop's aspect."""
    low, high = np.minimum(one[:2], other[:2]), np.maximum(one[2:], other[2:])
    extent = np.maximum(high - low, _LEAST)
    middle = (low + high) / 2
    return crop_matrix(np.concatenate([middle - extent / 2, extent]), size_hw, padding)
