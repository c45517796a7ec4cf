"""Square pieces of a picture."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import UInt8

LINEAR_UP_TO = 1.6


def crop_square(image: UInt8[np.ndarray, "h w 3"], rng: np.random.Generator, size: int) -> UInt8[np.ndarray, "size size 3"]:
    """A random square of at least half the shorter side, scaled (never squashed) to `size`, mirrored half of the time.

    Of two heights the lower is taken: there is more often a floor at the bottom of a picture.
    """
    height, width = image.shape[:2]
    shorter = min(height, width)
    side = int(rng.uniform(min(max(0.55 * shorter, min(size, shorter)), shorter), shorter + 1))
    y, x = int(rng.integers(0, height - side + 1, 2).max()), int(rng.integers(0, width - side + 1))
    mirror = rng.random() < 0.5
    crop = image[y : y + side, x : x + side]
    crop = cv2.resize(crop, (size, size), interpolation=_interpolation(side / size))
    return np.ascontiguousarray(crop[:, ::-1]) if mirror else crop


def _interpolation(shrinking: float) -> int:
    """OpenCV's method: area means where several px become one, which cost ten times what linear interpolation does."""
    if shrinking > LINEAR_UP_TO:
        return cv2.INTER_AREA
    return cv2.INTER_LINEAR if shrinking > 1 else cv2.INTER_CUBIC
