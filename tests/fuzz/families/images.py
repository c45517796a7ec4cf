"""Photographs: encoded in many ways, damaged, and such that claim to be huge or want something run."""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from PIL import Image

from smpl_assets.backgrounds.photos import folder_backgrounds
from smpl_assets.errors import InputError
from smpl_assets.pictures import BadImage, decode_image
from tests.fuzz.canary import MARKER
from tests.fuzz.case import Case, Family
from tests.fuzz.families import coco
from tests.fuzz.raw import spoil_bytes
from training.datasets.settings import DataSettings
from training.datasets.stage import read_poses

SIZE_WH = (96, 64)
# The four quarters of the picture, row by row, RGB.
COLOURS = np.array([[200, 40, 40], [40, 180, 60], [50, 60, 200], [220, 210, 60]], np.uint8)
_NEAR = 24  # of 255: what a lossy format may change a flat quarter by


@cache
def picture() -> Image.Image:
    """Four flat quarters."""
    width, height = SIZE_WH
    quarters = COLOURS.reshape(2, 2, 3)
    return Image.fromarray(np.repeat(np.repeat(quarters, height // 2, 0), width // 2, 1))


def _saved(form: str, image: Image.Image | None = None, **options: Any) -> bytes:
    buffer = io.BytesIO()
    (image or picture()).save(buffer, form, **options)
    return buffer.getvalue()


def _exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def _deep_png() -> bytes:
    """RGB of 16 bit a channel, which Pillow does not write."""
    width, height = SIZE_WH
    rows = np.asarray(picture()).astype(">u2") * 257
    data = b"".join(b"\x00" + row.tobytes() for row in rows)
    return _png(struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0), zlib.compress(data))


def _png(header: bytes, data: bytes, *more: tuple[bytes, bytes]) -> bytes:
    chunks = [(b"IHDR", header), *more, (b"IDAT", data), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(d)) + kind + d + struct.pack(">I", zlib.crc32(kind + d)) for kind, d in chunks
    )


# Each shows the same four quarters and has to be read as them.
FORMS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "jpeg": (".jpg", lambda: _saved("JPEG", quality=92)),
    "progressive jpeg": (".jpg", lambda: _saved("JPEG", quality=92, progressive=True)),
    "jpeg, upright by EXIF": (".jpg", lambda: _saved("JPEG", quality=92, exif=_exif(1))),
    "jpeg with a film behind it": (".jpg", lambda: _saved("JPEG", quality=92) + b"\x00\x00\x00\x18ftypmp42" + bytes(400)),
    "jpeg called JPG": (".JPG", lambda: _saved("JPEG", quality=92)),
    "jpeg called png": (".png", lambda: _saved("JPEG", quality=92)),
    "png": (".png", lambda: _saved("PNG")),
    "png with a palette": (".png", lambda: _saved("PNG", picture().quantize(8))),
    "png with alpha": (".png", lambda: _saved("PNG", picture().convert("RGBA"))),
    "png of 16 bit": (".png", _deep_png),
    "bmp": (".bmp", lambda: _saved("BMP")),
    "webp": (".webp", lambda: _saved("WEBP", lossless=True)),
    "ppm": (".ppm", lambda: _saved("PPM")),
}
ODD_FORMS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "cmyk jpeg": (".jpg", lambda: _saved("JPEG", picture().convert("CMYK"), quality=92)),
    "jpeg, to be turned": (".jpg", lambda: _saved("JPEG", quality=92, exif=_exif(6))),
    "grey jpeg": (".jpg", lambda: _saved("JPEG", picture().convert("L"))),
    "png of 1 bit": (".png", lambda: _saved("PNG", picture().convert("1"))),
    "grey png of 16 bit": (
        ".png",
        lambda: _saved("PNG", Image.fromarray(np.asarray(picture().convert("L")).astype(np.uint16) * 257)),
    ),
    "tiff": (".tif", lambda: _saved("TIFF", compression="tiff_lzw")),
    "gif": (".gif", lambda: _saved("GIF")),
    "ico": (".png", lambda: _saved("ICO")),
    "tga": (".jpg", lambda: _saved("TGA")),
    "pdf": (".jpg", lambda: _saved("PDF")),
    "eps": (".jpg", lambda: _saved("EPS")),
    "one pixel": (".png", lambda: _saved("PNG", Image.new("RGB", (1, 1)))),
    "a line": (".png", lambda: _saved("PNG", Image.new("RGB", (5000, 1)))),
}


def _postscript() -> bytes:
    return (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 96 64\n(touch " + MARKER.encode() + b") (w) file\n"
            b"(%pipe%touch " + MARKER.encode() + b") (w) file closefile\nshowpage\n%%EOF\n")  # fmt: skip


def _tiff_bomb() -> bytes:
    data = bytearray(_saved("TIFF"))
    for tag in (256, 257):  # width and height
        place = data.find(struct.pack("<HHI", tag, 3, 1))
        if place > 0:
            data[place : place + 12] = struct.pack("<HHII", tag, 4, 1, 200_000)
    return bytes(data)


def _jpeg_of(width: int, height: int) -> bytes:
    data = bytearray(_saved("JPEG"))
    place = data.find(b"\xff\xc0") + 5
    data[place : place + 4] = struct.pack(">HH", height, width)
    return bytes(data)


# Small files that ask for much memory or for something to be run.
HOSTILE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "png that claims 100,000 x 100,000": (".png", lambda: _png(struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0),
    zlib.compress(bytes(1000)))),
    "png that claims 2^31 - 1": (".png", lambda: _png(struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 8, 2, 0, 0, 0), b"x")),
    "png without a size": (".png", lambda: _png(struct.pack(">IIBBBBB", 0, 0, 8, 2, 0, 0, 0), zlib.compress(b""))),
    "png of 40,000 x 20,000, all of it there": (".png", lambda: _png(struct.pack(">IIBBBBB", 40_000, 20_000, 1, 0, 0, 0, 0),
    _zeros())),
    "png whose text unpacks to 200 MB": (".png", lambda: _png(struct.pack(">IIBBBBB", 96, 64, 8, 2, 0, 0, 0),
    zlib.compress(b"".join(
        b"\x00" + bytes(288) for _ in range(64))), (b"zTXt", b"a\x00\x00" + zlib.compress(bytes(200_000_000), 9)))),
    "jpeg that claims 65,500 x 65,500": (".jpg", lambda: _jpeg_of(65_500, 65_500)),
    "jpeg that claims 9,000 x 9,000": (".jpg", lambda: _jpeg_of(9_000, 9_000)),
    "tiff that claims 200,000 x 200,000": (".tif", _tiff_bomb),
    "PostScript that runs a command": (".jpg", _postscript),
    "SVG with an address": (".jpg", lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1:9/x.png"/></svg>'),
    "HEIC's start": (".jpg", lambda: b"\x00\x00\x00\x18ftypheic" + bytes(100)),
}  # fmt: skip


@cache
def _zeros() -> bytes:
    return zlib.compress(bytes(5001 * 20_000), 9)


@cache
def _encoded(form: str) -> tuple[str, bytes]:
    suffix, make = {**FORMS, **ODD_FORMS, **HOSTILE}[form]
    return suffix, make()


def build(random: Random, folder: Path) -> Case:
    """One picture beside a good one, read by everything that reads photographs."""
    kind = random.random()
    harmless = kind < 0.12
    form = random.choice(list(FORMS if harmless else HOSTILE if kind > 0.92 else {**FORMS, **ODD_FORMS}))
    suffix, data = _encoded(form)
    done = [form]
    if 0.2 < kind <= 0.92:
        for _ in range(random.choice((1, 1, 2))):
            data, what = spoil_bytes(random, data)
            done.append(what)
    images = folder / "images"
    images.mkdir()
    (images / f"odd{suffix}").write_bytes(data)
    given = random.choice(("given", "none", "other")) if not harmless else random.choice(("given", "none"))
    names = {1: f"odd{suffix}", 2: "good.png"}
    sizes = {"given": SIZE_WH, "none": (None, None), "other": (64, 96)}
    people = [coco.annotation(n, n, n) for n in names]
    document = {"categories": coco.document()["categories"], "annotations": people, "images": [
        {"id": n, "file_name": name, "width": sizes[given][0], "height": sizes[given][1]} for n,
    name in names.items()]}  # fmt: skip
    (images / "good.png").write_bytes(_encoded("png")[1])
    (folder / "annotations.json").write_text(json.dumps(document), encoding="utf-8")
    done.append(f"size {given}")

    def read() -> tuple[Any, Any, Any]:
        table, _ = read_poses(DataSettings(format="coco", annotations=str(folder / "annotations.json"), images=str(images)))
        drawn = [folder_backgrounds(images).draw(np.random.default_rng(n), 32)[0] for n in range(3)]
        try:
            return table, drawn, decode_image(data, 50.0)
        except BadImage as error:
            if harmless:
                raise InputError(str(error)) from error
            return table, drawn, None

    return Case(done, read, lambda result: _judge(result, harmless), harmless)


def _judge(result: tuple[Any, Any, Any], harmless: bool) -> list[str]:
    table, drawn, image = result
    wrong = [f"background: of shape {d.shape}" for d in drawn if d.shape != (32, 32, 3) or d.dtype != np.uint8]
    if image is not None and (image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size):
        wrong.append(f"picture: {image.dtype} of shape {image.shape}")
    if "good.png" not in table.images.file_name:
        wrong.append("the good picture beside it: lost")
    if harmless:
        if len(table) != 2 or table.images.size_wh.tolist() != [list(SIZE_WH)] * 2:
            wrong.append(f"harmless, lost: {len(table)} of 2 people, sizes {table.images.size_wh.tolist()}")
        width, height = SIZE_WH
        seen = image[[height // 4, height * 3 // 4]][:, [width // 4, width * 3 // 4]].reshape(4, 3).astype(int)
        if np.abs(seen - COLOURS).max() > _NEAR:
            wrong.append(f"harmless, colours: {seen.tolist()} instead of {COLOURS.tolist()}")
    return wrong


FAMILY = Family("images", build)
