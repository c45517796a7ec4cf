"""Masks of labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from pycocotools import mask as coco_mask


def decode_mask(segmentation: dict[str, Any]) -> np.ndarray:
    """(H, W) bool of COCO run lengths."""
    found: np.ndarray = coco_mask.decode({"size": segmentation["size"], "counts": segmentation["counts"].encode("ascii")})
    return found.astype(bool)
