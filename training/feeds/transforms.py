"""Person crops in continuous pixels: one affine map moves image, keypoints and back, without a half-pixel bias."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from training.feeds.jitter import Jitter
from training.mpii_person import PERSON_PX, SHIFT_PX

CropMode = Literal["box", "center"]
DENSITY = 1.5  # px per px of the crop that an image which is finer than 2 is averaged down to
Image = UInt8[np.ndarray, "height width 3"]
Affine = Float[np.ndarray, "2 3"]
Box = Float[np.ndarray, "4"]


def person_region(bbox_xywh: Box, center: Float[np.ndarray, "2"], scale: float, mode: CropMode) -> Box:
    """The unpadded region of a person, xywh px: its box, or MPII's square of 200 px x scale, moved down 15 px x scale."""
    if mode == "box":
        return np.asarray(bbox_xywh, np.float64)
    side = PERSON_PX * scale
    middle = np.array([center[0], center[1] + SHIFT_PX * scale], np.float64)
    return np.array([*(middle - side / 2), side, side])


def padded_size(region_xywh: Box, size_hw: tuple[int, int], padding: float) -> tuple[float, float]:
    """Width and height of a region, widened to the aspect of a crop of size_hw and padded, px of the image."""
    height, width = size_hw
    side = max(float(region_xywh[2]), float(region_xywh[3]) * width / height) * padding
    return side, side * height / width


def crop_matrix(region_xywh: Box, size_hw: tuple[int, int], padding: float = 1.25, jitter: Jitter | None = None) -> Affine:
    """crop_from_image in continuous px: the region, widened to the crop's aspect and padded, fills a crop of size_hw.

    A flipping jitter mirrors the crop after the rest: x -> width - x.
    """
    jitter = jitter or Jitter()
    height, width = size_hw
    x, y, w, h = (float(v) for v in region_xywh)
    side_w = padded_size(region_xywh, size_hw, padding)[0] * jitter.scale
    factor = width / side_w
    centre = np.array([x + w / 2, y + h / 2]) + np.array(jitter.shift) * side_w * np.array([1.0, height / width])
    angle = np.deg2rad(jitter.rotation_deg)
    cos, sin = np.cos(angle) * factor, np.sin(angle) * factor
    linear = np.array([[cos, sin], [-sin, cos]])
    matrix = np.concatenate([linear, (np.array([width / 2, height / 2]) - linear @ centre)[:, None]], axis=1)
    if jitter.flip:
        matrix[0] = -matrix[0]
        matrix[0, 2] += width
    return matrix


def invert(matrix: Affine) -> Affine:
    """The inverse affine map."""
    linear = np.linalg.inv(matrix[:, :2])
    return np.concatenate([linear, -(linear @ matrix[:, 2:])], axis=1)


def compose(second: Affine, first: Affine) -> Affine:
    """The map that does `first` and then `second`."""
    return np.concatenate([second[:, :2] @ first[:, :2], (second[:, :2] @ first[:, 2] + second[:, 2])[:, None]], axis=1)


def apply_affine(matrix: Affine, points: Float[np.ndarray, "*batch 2"]) -> Float[np.ndarray, "*batch 2"]:
    """Map points (..., 2)."""
    return points @ matrix[:, :2].T + matrix[:, 2]


def warp(image: Image, matrix: Affine, size_hw: tuple[int, int]) -> UInt8[np.ndarray, "rows columns 3"]:
    """Resample an image under crop_from_image; outside is black.

    OpenCV counts from pixel centres, so the map is moved by half a pixel on both sides. Where the crop shrinks the image more
    than twofold, the image is averaged down first, or fine texture would alias.
    """
    shrink = 1.0 / max(np.sqrt(abs(np.linalg.det(matrix[:, :2]))), 1e-9)
    if shrink > 2.0 and min(image.shape[:2]) > 2:
        small = (max(1, round(image.shape[1] * DENSITY / shrink)), max(1, round(image.shape[0] * DENSITY / shrink)))
        ratio = np.array([image.shape[1] / small[0], image.shape[0] / small[1]])
        image = np.ascontiguousarray(cv2.resize(image, small, interpolation=cv2.INTER_AREA))
        matrix = np.concatenate([matrix[:, :2] * ratio, matrix[:, 2:]], axis=1)
    indexed = matrix.copy()
    indexed[:, 2] += matrix[:, :2] @ np.array([0.5, 0.5]) - 0.5
    return cv2.warpAffine(image, indexed, (size_hw[1], size_hw[0]), flags=cv2.INTER_LINEAR)
