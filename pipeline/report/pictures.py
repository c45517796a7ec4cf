"""Pictures inside the page: encoded small, as data URIs."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

WIDEST_PX = 1400
_PALETTE_LOSS = 1.0  # mean of 255 that 64 colours may differ; photographs differ more


@dataclass(frozen=True)
class Picture:
    """An image of the page. uri: a data URI; width, height: px; alt: what it shows, for those who cannot see it."""

    uri: str
    width: int
    height: int
    alt: str


def picture(image: UInt8[np.ndarray, "height width 3"], alt: str, quality: int, drawing: bool = False) -> Picture:
    """An RGB array as JPEG; a drawing (few colours) as PNG where that is smaller."""
    return _encoded(Image.fromarray(image), alt, quality, drawing)


def picture_of_file(path: Path, alt: str, quality: int) -> Picture:
    """An image file at most WIDEST_PX wide; drawings (few colours) stay PNG where that is smaller."""
    with Image.open(path) as opened:
        image = opened.convert("RGBA" if opened.mode in ("RGBA", "LA", "P") else "RGB")
    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, image).convert("RGB")
    if image.width > WIDEST_PX:
        image = image.resize((WIDEST_PX, round(image.height * WIDEST_PX / image.width)), Image.Resampling.LANCZOS)
    return _encoded(image, alt, quality, drawing=True)


def write_png(image: UInt8[np.ndarray, "height width 3"], path: Path) -> None:
    """An RGB array as a file; the same array gives the same bytes."""
    Image.fromarray(image).save(path, "PNG")


def _encoded(image: Image.Image, alt: str, quality: int, drawing: bool) -> Picture:
    data, kind = _bytes(image, "JPEG", quality=quality, optimize=True), "jpeg"
    if drawing:
        # drawings have few colours: a palette keeps their edges sharp at a fraction of the size
        few = image.quantize(64, dither=Image.Dither.NONE)
        lost = float(np.abs(np.asarray(few.convert("RGB"), np.int16) - np.asarray(image, np.int16)).mean())
        palette = _bytes(few, "PNG", optimize=True)
        if lost < _PALETTE_LOSS and len(palette) < 1.2 * len(data):
            data, kind = palette, "png"
    return Picture(f"data:image/{kind};base64,{base64.b64encode(data).decode()}", image.width, image.height, alt)


def _bytes(image: Image.Image, form: str, **options: int | bool) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()
