import io
import pickle

import cv2
import numpy as np
import pytest
from PIL import Image

from smpl_assets.archive import ArchiveWriter
from smpl_assets.errors import StageError
from smpl_assets.pictures import BadImage, decode_image
from training.feeds.images import ImageStore


def encoded(width: int, height: int, kind: str = "PNG", exif: bytes = b"") -> bytes:
    image = Image.new("RGB", (width, height), (255, 0, 0))
    out = io.BytesIO()
    image.save(out, kind, **({"exif": exif} if exif else {}))
    return out.getvalue()


def test_colours_are_rgb():
    assert decode_image(encoded(4, 3), 1.0)[0, 0].tolist() == [255, 0, 0]


def test_grey_and_transparent_images_become_rgb():
    for mode in ("L", "RGBA", "P"):
        out = io.BytesIO()
        Image.new(mode, (5, 4)).save(out, "PNG")
        assert decode_image(out.getvalue(), 1.0).shape == (4, 5, 3)


def test_pixels_stay_as_stored_whatever_exif_says():
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 90 degrees
    assert decode_image(encoded(8, 4, "JPEG", exif.tobytes()), 1.0).shape == (4, 8, 3)


@pytest.mark.parametrize(
    ("data", "size", "says"),
    [
        (b"", None, "an empty file"),
        (b"\xff\xd8\xff\xe0 broken", None, "not a readable image"),
        (b"<svg></svg>", None, "not a readable image"),
        (encoded(2000, 1000), None, "larger than 1 megapixels"),
        (encoded(20, 10), (10, 20), "differs from the annotated size"),
    ],
)
def test_bad_images_say_why(data, size, says):
    with pytest.raises(BadImage, match=says):
        decode_image(data, 1.0, size)


def test_a_huge_image_is_refused_by_its_header():
    data = bytearray(encoded(8, 8))
    data[16:24] = (60000).to_bytes(4, "big") * 2  # the header says 3.6 gigapixels
    with pytest.raises(BadImage, match=r"larger than 50 megapixels|not a readable"):
        decode_image(bytes(data), 50.0)


def test_unknown_annotated_sizes_are_not_compared():
    assert decode_image(encoded(20, 10), 1.0, (0, 0)).shape == (10, 20, 3)


def test_the_store_reads_folders_and_tars(tmp_path):
    (tmp_path / "images" / "sub").mkdir(parents=True)
    (tmp_path / "images" / "sub" / "a.png").write_bytes(encoded(6, 5))
    with ArchiveWriter(tmp_path / "render.tar") as tar:
        tar.add("000000000007.jpg", cv2.imencode(".jpg", np.zeros((9, 7, 3), np.uint8))[1].tobytes())
    store = pickle.loads(pickle.dumps(ImageStore(tmp_path / "images", {"render": tmp_path / "render.tar"})))
    assert store.read("real", "sub/a.png", (6, 5)).shape == (5, 6, 3)
    assert store.read("render", "render/000000000007.jpg").shape == (9, 7, 3)
    for kind, name in (("real", "sub/b.png"), ("render", "render/1.jpg"), ("translated", "translated/1.jpg")):
        with pytest.raises(BadImage, match="no such image"):
            store.read(kind, name)
    with pytest.raises(BadImage, match="not readable"):
        store.read("real", "sub")


def test_a_broken_tar_is_an_error(tmp_path):
    (tmp_path / "render.tar").write_bytes(b"nothing" * 100)
    with pytest.raises(StageError, match=r"render\.tar"):
        ImageStore(tmp_path, {"render": tmp_path / "render.tar"})
