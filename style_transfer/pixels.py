"""Bytes to RGB arrays and back (OpenCV's channel order stays in here), and square crops of a person, exactly undone."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from smpl_assets.errors import StageError

GREY = 127


def decode_rgb(data: bytes, name: str) -> UInt8[np.ndarray, "height width 3"]:
    """RGB of an encoded image; StageError naming it where the bytes are none."""
    return cv2.cvtColor(_decode(data, cv2.IMREAD_COLOR, name), cv2.COLOR_BGR2RGB)


def decode_rgba(data: bytes, name: str) -> UInt8[np.ndarray, "height width 4"]:
    """Straight RGBA of an encoded image with an alpha channel; StageError naming it otherwise."""
    image = _decode(data, cv2.IMREAD_UNCHANGED, name)
    if image.ndim != 3 or image.shape[2] != 4 or image.dtype != np.uint8:
        raise StageError(f"{name}: expected 8-bit RGBA, got {image.dtype} {image.shape}", "rarepose run --force render")
    return cv2.cvtColor(image, cv2.COLOR_BGRA2RGBA)


def _decode(data: bytes, flags: int, name: str) -> np.ndarray:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), flags) if data else None
    if image is None:
        raise StageError(f"{name}: not a readable image ({len(data)} bytes)", "rarepose verify --deep")
    return image


def encode_jpeg(image: UInt8[np.ndarray, "height width 3"], quality: int) -> bytes:
    """JPEG bytes of an RGB image."""
    return cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def encode_png(image: UInt8[np.ndarray, "height width channels"]) -> bytes:
    """PNG bytes of an RGB or RGBA image."""
    order = cv2.COLOR_RGBA2BGRA if image.shape[2] == 4 else cv2.COLOR_RGB2BGR
    return cv2.imencode(".png", cv2.cvtColor(image, order), [cv2.IMWRITE_PNG_COMPRESSION, 3])[1].tobytes()


def to_uint8(image: np.ndarray) -> np.ndarray:
    """Rounded and clipped to 0..255."""
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


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
