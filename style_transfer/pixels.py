"""Bytes to RGB arrays and back; OpenCV's channel order stays in here."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import UInt8

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
