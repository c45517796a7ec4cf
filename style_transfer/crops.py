"""Square crops of a person: aspect kept, padded where the image ends, exactly undone."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class SquareCrop:
    """A square of whole pixels, which may reach beyond the image: top-left corner `x`, `y` and `side`, px."""

    x: int
    y: int
    side: int

    def cut(self, image: np.ndarray, fill: float | int) -> np.ndarray:
        """(H, W[, C]) -> (side, side[, C]); `fill` where the square leaves the image."""
        out = np.full((self.side, self.side, *image.shape[2:]), fill, image.dtype)
        inner, outer = self._overlap(image.shape[0], image.shape[1])
        out[inner] = image[outer]
        return out

    def add(self, image: np.ndarray, change: np.ndarray) -> None:
        """Add `change` (side, side[, C]) to `image` (H, W[, C]) in place where the square lies in it."""
        inner, outer = self._overlap(image.shape[0], image.shape[1])
        image[outer] += change[inner]

    def _overlap(self, height: int, width: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        left, top = max(self.x, 0), max(self.y, 0)
        right, bottom = max(min(self.x + self.side, width), left), max(min(self.y + self.side, height), top)
        inner = (slice(top - self.y, bottom - self.y), slice(left - self.x, right - self.x))
        return inner, (slice(top, bottom), slice(left, right))

    def normalise(self, keypoints: Float[np.ndarray, "joints 2"]) -> Float[np.ndarray, "joints 2"]:
        """Image px -> [0, 1] of the square (outside it where the keypoint is outside)."""
        return (keypoints - np.array([self.x, self.y], np.float64)) / self.side


def around_box(bbox_xywh: np.ndarray, margin: float) -> SquareCrop:
    """The square around the middle of a box (4,), its side `margin` times the box's longer side (at least 8 px)."""
    x, y, width, height = (float(v) for v in bbox_xywh)
    side = max(round(max(width, height) * margin), 8)
    return SquareCrop(round(x + 0.5 * width - 0.5 * side), round(y + 0.5 * height - 0.5 * side), side)


def resize(image: np.ndarray, side: int) -> np.ndarray:
    """A square image to `side` px, averaging where it shrinks, cubic where it grows; keeps the dtype."""
    if image.shape[0] == side:
        return image
    how = cv2.INTER_AREA if side < image.shape[0] else cv2.INTER_CUBIC
    return cv2.resize(image, (side, side), interpolation=how)
