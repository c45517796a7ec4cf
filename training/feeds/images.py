"""Images of the augmented set by kind and name, from a folder or from tars, bounded in size."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8
from PIL import Image, UnidentifiedImageError

from smpl_assets.archive import ArchiveReader

REAL = "real"


class BadImage(Exception):
    """An image that cannot be used; the text is the reason that is counted and shown."""


def decode_image(
    data: bytes, max_megapixels: float, size_wh: tuple[int, int] | None = None
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


class ImageStore:
    """Reads images: kind `real` below a folder, any other kind from its tar. Safe to pickle."""

    def __init__(self, root: Path, archives: Mapping[str, Path] | None = None, max_megapixels: float = 50.0) -> None:
        """`archives` maps a kind to its tar; a missing tar is an error that names it when it is opened here."""
        self.root = Path(root)
        self.max_megapixels = max_megapixels
        self._archives = {kind: ArchiveReader(path) for kind, path in (archives or {}).items()}

    def read(self, kind: str, name: str, size_wh: tuple[int, int] | None = None) -> UInt8[np.ndarray, "height width 3"]:
        """One image; BadImage with the reason if there is none."""
        return decode_image(self._bytes(kind, name), self.max_megapixels, size_wh)

    def _bytes(self, kind: str, name: str) -> bytes:
        try:
            if kind == REAL:
                return (self.root / name).read_bytes()
            return self._archives[kind].read(Path(name).name)
        except (OSError, KeyError) as error:
            raise BadImage("no such image" if isinstance(error, (FileNotFoundError, KeyError)) else "not readable") from error
