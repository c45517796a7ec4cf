"""What augmentation does to the colours of a crop."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import UInt8

from training.feeds.jitter import Jitter

Image = UInt8[np.ndarray, "height width 3"]


def recolour(image: Image, jitter: Jitter) -> Image:
    """Apply the jitter's gains and contrast."""
    if jitter.contrast == 1.0 and jitter.gains == (1.0, 1.0, 1.0):
        return image
    values = (np.arange(256, dtype=np.float32)[:, None] - 128.0) * jitter.contrast + 128.0
    table = np.clip(np.rint(values * np.array(jitter.gains, np.float32)), 0, 255).astype(np.uint8)
    return cv2.LUT(image, table[None])
