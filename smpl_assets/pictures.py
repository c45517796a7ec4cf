"""Pictures as files' bytes."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
from isal import isal_zlib
from jaxtyping import Float32, UInt8

from smpl_assets.errors import StageError


def encode_jpeg(image: UInt8[np.ndarray, "height width 3"], quality: int) -> bytes:
    """RGB as JPEG."""
    return _encode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), (cv2.IMWRITE_JPEG_QUALITY, quality))


def encode_png(image: UInt8[np.ndarray, "height width 4"]) -> bytes:
    """RGBA as PNG, lossless.

    Rows are stored as differences to the row above and packed by ISA-L: a tenth of OpenCV's time, and as small.
    """
    height, width = image.shape[:2]
    rows = image.reshape(height, -1)
    filtered = np.empty((height, 1 + rows.shape[1]), np.uint8)
    filtered[:, 0] = 2  # PNG filter type "up"
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    data = isal_zlib.compress(filtered.data, 1)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def encode_depth(depth_m: Float32[np.ndarray, "height width"]) -> bytes:
    """Depth as 16-bit PNG in millimetres, 0 where nothing is seen (at most 65.5 m)."""
    return _encode(".png", np.clip(np.rint(depth_m * 1000), 0, 65535).astype(np.uint16), ())


def _encode(suffix: str, image: np.ndarray, options: tuple[int, ...]) -> bytes:
    done, data = cv2.imencode(suffix, image, options)
    if not done:
        raise StageError(f"OpenCV could not encode a {image.shape} image as {suffix}")
    return data.tobytes()
