"""Pictures: files' bytes to arrays and back. OpenCV's channel order stays in here."""

from __future__ import annotations

import io
import re
import struct
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32, UInt8
from PIL import ExifTags, Image, UnidentifiedImageError

from smpl_assets.errors import StageError

MAX_MEGAPIXELS = 50.0
NOT_READABLE = "not a readable image"
# Pillow only reads headers for us; what is decoded is bounded here, and a limit on headers would hide the size of a large image.
Image.MAX_IMAGE_PIXELS = None
_BROKEN = (UnidentifiedImageError, OSError, ValueError, SyntaxError, TypeError, IndexError, KeyError, OverflowError, struct.error)
_JPEG, _END_OF_IMAGE = b"\xff\xd8\xff", b"\xff\xd9"
# In entropy-coded data a marker is 0xff and anything but a stuffed zero, a restart or a fill byte (ITU-T T.81, B.1.1).
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_HEIF = re.compile(rb"....ftyp(hei[cxms]|hev[cx]|mif1|msf1)", re.DOTALL)


class BadImage(Exception):
    """An image that cannot be used; the text is the reason that is counted and shown."""


@dataclass(frozen=True)
class Header:
    """What an image says of itself before it is decoded.

    size_wh: px as stored. orientation: EXIF's (1 to 8), how stored pixels are to be turned for looking at them; 1 is not at all.
    """

    size_wh: tuple[int, int]
    orientation: int = 1

    def turned_wh(self, orientation: int) -> tuple[int, int]:
        """The size after turning by an EXIF orientation."""
        return self.size_wh if orientation < 5 else (self.size_wh[1], self.size_wh[0])


def read_header(source: Path | bytes) -> Header:
    """Size and EXIF orientation of an encoded image; its pixels are not read.

    Raises:
        BadImage: missing, unreadable, or of a kind that is not read.
    """
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
            # a TIFF's orientation is part of how it is decoded, by Pillow and OpenCV alike
            return Header(image.size, 1 if image.format == "TIFF" else _orientation(image))
    except FileNotFoundError as error:
        raise BadImage("no such image") from error
    except PermissionError as error:
        raise BadImage("no permission to read the image") from error
    except _BROKEN as error:
        raise BadImage(_unreadable(source)) from error


def _orientation(image: Image.Image) -> int:
    if image.format == "PNG" and "exif" not in image.info:
        return 1  # Pillow would decode the whole image in search of it
    try:
        found = image.getexif().get(ExifTags.Base.Orientation, 1)
    except _BROKEN:
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _unreadable(source: Path | bytes) -> str:
    """Why there is no image in it."""
    try:
        start = source[:12] if isinstance(source, bytes) else source.open("rb").read(12)
    except OSError:
        return "not readable"
    if not start:
        return "an empty file"
    return "a HEIC photograph: save it as JPEG or PNG" if _HEIF.match(start) else NOT_READABLE


def decode_image(
    data: bytes, max_megapixels: float = MAX_MEGAPIXELS, size_wh: tuple[int, int] | None = None, orientation: int | None = 1
) -> UInt8[np.ndarray, "height width 3"]:
    """Decode to RGB of 8 bit: deeper images are scaled, alpha is dropped.

    Args:
        data: an encoded image.
        max_megapixels: looked up in the header before anything is decoded, so a huge image costs nothing.
        size_wh: the size that the turned image has to have; None or zeros where that is not known.
        orientation: the EXIF orientation to turn the stored pixels by, 1 to leave them as stored; None: the image's own.

    Raises:
        BadImage: empty, unreadable, cut off, too large, or of another size than annotated.
    """
    header = read_header(data)
    orientation = header.orientation if orientation is None else orientation
    width, height = header.size_wh
    if width * height > max_megapixels * 1e6:
        raise BadImage(f"larger than {max_megapixels:g} megapixels")
    if size_wh is not None and min(size_wh) > 0 and header.turned_wh(orientation) != tuple(size_wh):
        raise BadImage("its size differs from the annotated size")
    if data.startswith(_JPEG) and not _is_whole_jpeg(data):
        raise BadImage("cut off: the end of the image is missing")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise BadImage(NOT_READABLE) from error
    if image is None or image.shape[:2] != (height, width):
        raise BadImage(NOT_READABLE)
    return turned(image, orientation)


def _is_whole_jpeg(data: bytes) -> bool:
    """Whether a JPEG ends; decoders fill what is missing with grey. Bytes behind its end (a phone's video) do no harm."""
    if data.endswith(_END_OF_IMAGE):
        return True
    position = 2
    while found := _MARKER.search(data, position):
        marker, position = data[found.end() - 1], found.end()
        if marker == _END_OF_IMAGE[1]:
            return True
        if marker != 1:  # all but TEM carry their length; entropy-coded data follows that of a scan
            position += int.from_bytes(data[position : position + 2], "big")
    return False


def turned(image: UInt8[np.ndarray, "height width 3"], orientation: int) -> UInt8[np.ndarray, "_ _ 3"]:
    """Stored pixels turned by an EXIF orientation: how the picture is shown."""
    if orientation >= 5:
        image = image.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    return np.ascontiguousarray(image)


def encode_jpeg(image: UInt8[np.ndarray, "height width 3"], quality: int) -> bytes:
    """RGB as JPEG."""
    return _encode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), (cv2.IMWRITE_JPEG_QUALITY, quality))


def encode_png(image: UInt8[np.ndarray, "height width channels"]) -> bytes:
    """RGB or RGBA as PNG, lossless.

    Not by ISA-L, which takes a quarter of the time: now and then, one picture of some thousand, it packed the same pixels in
    another way.
    """
    order = cv2.COLOR_RGBA2BGRA if image.shape[2] == 4 else cv2.COLOR_RGB2BGR
    return _encode(".png", cv2.cvtColor(image, order), ())


def encode_depth(depth_m: Float32[np.ndarray, "height width"]) -> bytes:
    """Depth as 16-bit PNG in millimetres, 0 where nothing is seen (at most 65.5 m)."""
    return _encode(".png", np.clip(np.rint(depth_m * 1000), 0, 65535).astype(np.uint16), ())


def _encode(suffix: str, image: np.ndarray, options: tuple[int, ...]) -> bytes:
    done, data = cv2.imencode(suffix, image, options)
    if not done:
        raise StageError(f"OpenCV could not encode a {image.shape} image as {suffix}")
    return data.tobytes()
