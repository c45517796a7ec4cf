"""Squares cut from pictures, with the affine that takes px of the picture into the square."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float, UInt8

Image = UInt8[np.ndarray, "height width 3"]
Square = UInt8[np.ndarray, "side side 3"]
Affine = Float[np.ndarray, "2 3"]
_OUTSIDE = (128, 128, 128)
_SMALLEST_PX = 8.0  # of a square around a box


def cut_square(image: Image, crop_xywh: Float[np.ndarray, " 4"], side: int) -> tuple[Square, Affine]:
    """The square `crop_xywh` (px; its width counts) at `side` px, grey outside the image."""
    affine = _affine(crop_xywh, side)
    scale = affine[0, 0]
    pixel = affine.copy()
    pixel[:, 2] += 0.5 * scale - 0.5  # OpenCV counts from pixel centres
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.warpAffine(image, pixel, (side, side), flags=kind, borderValue=_OUTSIDE), affine


def plain_square(colour: tuple[int, int, int], crop_xywh: Float[np.ndarray, " 4"], side: int) -> tuple[Square, Affine]:
    """A square of one colour in the place of a photograph's."""
    return np.full((side, side, 3), colour, np.uint8), _affine(crop_xywh, side)


def square_around(bbox_xywh: Float[np.ndarray, " 4"], margin: float = 0.15) -> Float[np.ndarray, " 4"]:
    """x, y, side, side of the square around a box, with a margin at each side in parts of the box's longer one."""
    x, y, width, height = bbox_xywh
    reach = max(width, height, _SMALLEST_PX) * (1 + 2 * margin)
    return np.array([x + width / 2 - reach / 2, y + height / 2 - reach / 2, reach, reach])


def fit_square(image: Image, side: int) -> tuple[Square, Affine]:
    """The whole image inside a white square."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    square = np.full((side, side, 3), 255, np.uint8)
    square[top : top + size[1], left : left + size[0]] = small
    return square, np.array([[size[0] / width, 0.0, left], [0.0, size[1] / height, top]])


def _affine(crop_xywh: Float[np.ndarray, " 4"], side: int) -> Affine:
    scale = side / crop_xywh[2]
    return np.array([[scale, 0.0, -crop_xywh[0] * scale], [0.0, scale, -crop_xywh[1] * scale]])
