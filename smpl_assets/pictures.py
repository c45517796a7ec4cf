"""Pictures: files' bytes to arrays and back. OpenCV's channel order stays in here."""

from __future__ import annotations

import io
import math
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
from isal import isal_zlib
from jaxtyping import Float32, UInt8
from PIL import Image, UnidentifiedImageError

from smpl_assets.errors import StageError


class BadImage(Exception):
    """An image that cannot be used; the text is the reason that is counted and shown."""


def decode_image(
    data: bytes, max_megapixels: float = math.inf, size_wh: tuple[int, int] | None = None
) -> UInt8[np.ndarray, "height width 3"]:
    """Decode to RGB as stored (EXIF orientation is not applied: annotations count stored pixels).

    Args:
        data: an encoded image.
        max_megapixels: read from the header before anything is decoded, so a huge image costs nothing.
        size_wh: the size that the annotations name, where known.

    Raises:
        BadImage: empty, unreadable, too large, or of another size than annotated.
    """
    try:
        with Image.open(io.BytesIO(data)) as header:
            width, height = header.size
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError, SyntaxError) as error:
        raise BadImage("not a readable image") from error
    if width * height > max_megapixels * 1e6:
        raise BadImage(f"larger than max_image_megapixels = {max_megapixels:g}")
    if size_wh is not None and min(size_wh) > 0 and (width, height) != tuple(size_wh):
        raise BadImage("its size differs from the annotated size")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise BadImage("not a readable image") from error
    if image is None:
        raise BadImage("not a readable image")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def read_rgb(path: Path) -> UInt8[np.ndarray, "height width 3"] | None:
    """An RGB image file, turned upright as its EXIF data say; None if it is missing or unreadable."""
    try:
        image: np.ndarray | None = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    except cv2.error:
        return None
    return image


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
