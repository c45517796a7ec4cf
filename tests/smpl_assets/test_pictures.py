"""Encoded images of every kind become RGB of 8 bit, or say why not."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from smpl_assets.photographs import Photograph
from smpl_assets.pictures import BadImage, Header, decode_image, encode_jpeg, read_header, turned

SCENE = cv2.resize(np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8), (64, 48), interpolation=cv2.INTER_CUBIC)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def oriented(image: np.ndarray, orientation: int, kind: str = "PNG") -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(Image.fromarray(image), kind, exif=exif.tobytes(), **({"quality": 95} if kind == "JPEG" else {}))


MODES = {
    "PNG": ["RGB", "L", "1", "P", "RGBA", "LA"],
    "TIFF": ["RGB", "L", "1", "P", "RGBA", "LA", "CMYK"],
    "JPEG": ["RGB", "L", "CMYK"],
    "WEBP": ["RGB", "RGBA", "P"],
    "BMP": ["RGB", "L", "1", "P"],
    "GIF": ["RGB", "L", "P"],
    "JPEG2000": ["RGB", "L", "RGBA"],
    "PPM": ["RGB", "L", "1"],
}


@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind, modes in MODES.items() for mode in modes])
def test_kinds_and_modes(kind: str, mode: str) -> None:
    image = Image.fromarray(SCENE).convert(mode)
    data = saved(image, kind, **({"quality": 100} if kind in ("JPEG", "WEBP") else {}))
    wanted = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), int)
    found = decode_image(data)
    assert found.dtype == np.uint8
    assert np.abs(found - wanted).mean() < (1.5 if mode == "CMYK" else 0.01)
    if kind not in ("GIF", "JPEG"):  # these have few colours, or blur them
        assert np.abs(found - np.asarray(image.convert("RGB"), int)).mean() < (12 if kind == "WEBP" else 1.5)


@pytest.mark.parametrize("ending", [".png", ".tiff"])
@pytest.mark.parametrize("grey", [True, False])
def test_deep_images_are_scaled(ending: str, grey: bool) -> None:
    """Cut at 255 nearly all of it would be white; every value v comes out within one of 255 v / 65535."""
    shape = (48, 64) if grey else (48, 64, 3)
    deep = np.linspace(0, 65535, num=int(np.prod(shape))).reshape(shape).astype(np.uint16)
    found = decode_image(cv2.imencode(ending, deep)[1].tobytes()).astype(float)
    wanted = deep / 257.0
    assert np.abs(found - (wanted[..., None] if grey else wanted[..., ::-1])).max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turning_is_what_exif_means(orientation: int) -> None:
    data = oriented(SCENE, orientation)
    shown = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    header = read_header(data)
    assert header == Header((64, 48), orientation)
    assert header.turned_wh(orientation) == (shown.shape[1], shown.shape[0])
    assert np.array_equal(turned(SCENE, orientation), shown)
    assert np.array_equal(decode_image(data, orientation=None), shown)
    assert np.array_equal(decode_image(data), SCENE)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_tiff_is_turned_by_whoever_decodes_it(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(Image.fromarray(SCENE), "TIFF", exif=exif)
    found = decode_image(data)
    assert np.array_equal(found, turned(SCENE, orientation))
    assert read_header(data) == Header((found.shape[1], found.shape[0]))


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_orientation_that_is_none_is_none(value: int) -> None:
    assert read_header(oriented(SCENE, value)).orientation == 1


JPEG = encode_jpeg(cv2.resize(SCENE, (320, 240)), 90)
CUT = {
    "a third": JPEG[: len(JPEG) // 3],
    "all but the end marker": JPEG[:-2],
    "the rest is zeros": JPEG[: len(JPEG) // 2] + bytes(len(JPEG) // 2),
    "progressive": saved(Image.fromarray(SCENE), "JPEG", progressive=True)[:-40],
    "a preview that is whole": saved(Image.fromarray(SCENE), "JPEG", exif=b"Exif\0\0" + JPEG)[:-40],
}


@pytest.mark.parametrize("data", CUT.values(), ids=CUT)
def test_a_cut_off_jpeg_is_broken_and_not_half_grey(data: bytes) -> None:
    with pytest.raises(BadImage, match="cut off"):
        decode_image(data)


@pytest.mark.parametrize("more", [b"\0" * 7, b"\r\n", b"a phone's film " * 100, JPEG[: len(JPEG) // 2]])
def test_bytes_behind_the_end_of_a_jpeg_do_no_harm(more: bytes) -> None:
    assert np.array_equal(decode_image(JPEG + more), decode_image(JPEG))


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP", "GIF", "PPM"])
def test_other_kinds_that_are_cut_off(kind: str) -> None:
    data = saved(Image.fromarray(cv2.resize(SCENE, (320, 240))), kind)
    with pytest.raises(BadImage, match="not a readable image"):
        decode_image(data[: len(data) // 2])


def huge(width: int, height: int) -> bytes:
    """The beginning of a PNG of that size."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"")
    chunks = [struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in (header, data)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("side", [8000, 40_000, 2_000_000])
def test_an_image_of_any_size_has_a_header_and_is_not_decoded(side: int) -> None:
    data = huge(side, side)
    assert read_header(data).size_wh == (side, side)
    with pytest.raises(BadImage, match="larger than 50 megapixels"):
        decode_image(data)


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)
NO_IMAGES = {
    b"": "an empty file",
    b"\xff\xd8\xff\xe0 no more": "not a readable image",
    b"<svg xmlns='http://www.w3.org/2000/svg'/>": "not a readable image",
    b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n": "not a readable image",
    HEIC: "a HEIC photograph: save it as JPEG or PNG",
}


@pytest.mark.parametrize(("data", "why"), NO_IMAGES.items(), ids=["empty", "jpeg", "svg", "lfs", "heic"])
def test_what_is_no_image_says_so(tmp_path, data: bytes, why: str) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    for read in (lambda: decode_image(data), lambda: read_header(path), Photograph(path).read):
        with pytest.raises(BadImage) as error:
            read()
        assert str(error.value) == why


def test_a_file_that_cannot_be_had(tmp_path) -> None:
    for read in (Photograph(tmp_path / "a.jpg").read, lambda: read_header(tmp_path / "a.jpg")):
        with pytest.raises(BadImage, match="no such image"):
            read()
    with pytest.raises(BadImage, match="not readable"):
        Photograph(tmp_path).read()


def test_a_photograph_of_another_size_than_its_table_says(tmp_path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(oriented(SCENE, 6))
    assert Photograph(path, (48, 64), 6).read().shape == (64, 48, 3)
    assert Photograph(path, (64, 48), 1).read().shape == (48, 64, 3)
    for size, orientation in (((48, 64), 1), ((64, 48), 6), ((640, 480), 1)):
        with pytest.raises(BadImage, match="its size differs"):
            Photograph(path, size, orientation).read()
