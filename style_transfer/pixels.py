"""Bytes to RGB arrays and back (OpenCV's channel order stays in here), square crops of a person, renders taken apart."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from smpl_assets.archive import ArchiveReader
from smpl_assets.errors import StageError
from smpl_assets.labels import SampleLabel
from smpl_assets.pictures import BadImage, decode_image

GREY = 127
Rgb = UInt8[np.ndarray, "height width 3"]
Rgba = UInt8[np.ndarray, "height width 4"]


def decode_rgb(data: bytes, name: str) -> Rgb:
    """RGB of an encoded image; StageError naming it where the bytes are none."""
    try:
        return decode_image(data)
    except BadImage as error:
        raise _unreadable(data, name) from error


def decode_rgba(data: bytes, name: str) -> Rgba:
    """Straight RGBA of an encoded image with an alpha channel; StageError naming it otherwise."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if image is None:
        raise _unreadable(data, name)
    if image.ndim != 3 or image.shape[2] != 4 or image.dtype != np.uint8:
        raise StageError(f"{name}: expected 8-bit RGBA, got {image.dtype} {image.shape}", "rarepose run --force render")
    return cv2.cvtColor(image, cv2.COLOR_BGRA2RGBA)


def _unreadable(data: bytes, name: str) -> StageError:
    return StageError(f"{name}: not a readable image ({len(data)} bytes)", "rarepose verify --deep")


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


_FAINT = 8 / 255  # alpha below which a straight colour is not worth recovering


@dataclass(frozen=True)
class Render:
    """A rendered picture taken apart: `person` straight RGBA over `background` RGB is the picture, grain included."""

    label: SampleLabel
    person: Rgba
    background: Rgb


def read_render(archive: ArchiveReader, label: SampleLabel) -> Render | None:
    """A sample of a render shard; None where one of its images is missing, broken or of another size.

    What the camera added to the picture (grain, compression) is shared out to person and background, so that it survives
    the person's exchange.
    """
    try:
        picture = decode_rgb(archive.read(f"{label.name}.jpg"), label.name)
        person = decode_rgba(archive.read(f"{label.name}_person.png"), label.name)
        background = decode_rgb(archive.read(f"{label.name}_background.jpg"), label.name)
    except (KeyError, StageError):
        return None
    if not picture.shape[:2] == person.shape[:2] == background.shape[:2] == (label.height, label.width):
        return None
    added = picture.astype(np.float32) - composite(person, background)
    return Render(label, np.dstack([to_uint8(person[..., :3] + added), person[..., 3]]), to_uint8(background + added))


def composite(person: Rgba, background: Rgb) -> Rgb:
    """Straight RGBA over a background of the same size."""
    alpha = person[..., 3:].astype(np.float32) / 255
    return to_uint8(person[..., :3] * alpha + background * (1 - alpha))


def on_grey(person: Rgba) -> tuple[Float[np.ndarray, "height width 3"], Float[np.ndarray, "height width"]]:
    """Straight RGBA -> the person over neutral grey (0..255) and its alpha in [0, 1]."""
    alpha = person[..., 3].astype(np.float32) / 255
    return person[..., :3] * alpha[..., None] + np.float32(GREY) * (1 - alpha[..., None]), alpha


def off_grey(image: Rgb, mask: UInt8[np.ndarray, "height width"]) -> Rgba:
    """Inverse of `on_grey` up to rounding: a person over grey and its mask -> straight RGBA."""
    alpha = mask.astype(np.float32)[..., None] / 255
    straight = GREY + (image.astype(np.float32) - GREY) / np.maximum(alpha, _FAINT)
    return np.dstack([to_uint8(straight), mask])
