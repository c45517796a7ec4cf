"""Which image entries are the same picture, and that nobody ends up on somebody else's photograph."""

import json

import numpy as np
import pytest
from PIL import Image

from smpl_assets.errors import InputError
from training.datasets.coco import read_coco
from training.datasets.image_index import COLLIDES, NOT_THERE
from training.datasets.image_placing import SEVERAL_SIZES

from .coco_files import document, person


def read(folder, images, files, *people, root="."):
    """Read a document of `images` (id, name[, width, height]); `files` are the names below the folder (100 x 80 px)."""
    for name in files:
        path = folder / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((80, 100, 3), 127, np.uint8)).save(path)
    content = document(*people)
    content["images"] = [dict(zip(("id", "file_name", "width", "height"), image, strict=False)) for image in images]
    (folder / "a.json").write_text(json.dumps(content))
    return read_coco(folder / "a.json", folder / "photos" / root)


SAME = {
    "everything": ((1, "a/x.jpg", 100, 80), (1, "a/x.jpg", 100, 80)),
    "id in another form": ((1, "a/x.jpg", 100, 80), ("01", "a/x.jpg", 100.0, "80")),
    "another id": ((1, "a/x.jpg", 100, 80), (2, "a/x.jpg", 100, 80)),
    "one without a size": ((1, "a/x.jpg", 100, 80), (2, "a/x.jpg")),
    "other separators": ((1, "a/x.jpg", 100, 80), (2, "a\\x.jpg", 100, 80)),
    "one without an id": ((1, "a/x.jpg", 100, 80), (None, "a/x.jpg", 100, 80)),
}


@pytest.mark.parametrize("entries", SAME.values(), ids=SAME)
def test_entries_of_one_picture_are_one_image(tmp_path, entries):
    table, skipped = read(tmp_path, entries, ["a/x.jpg"], person(1), person(2, image=entries[1][0] or "a/x.jpg"), person(3))
    assert table.images.file_name == ("a/x.jpg",)
    assert table.image.tolist() == [0, 0, 0]
    assert skipped.counts == {"image entry repeated": 1}


def test_an_id_of_two_pictures_leaves_its_people_out(tmp_path):
    images = [(1, "x.jpg"), (2, "y.jpg"), ("1", "z.jpg"), (4, "free.jpg")]
    table, skipped = read(tmp_path, images, ["x.jpg", "y.jpg", "z.jpg", "free.jpg"], person(1), person(2, image=2), person(3))
    assert table.source_id == ("2",)
    assert table.file_name(0) == "y.jpg"
    assert skipped.counts == {"image id names several pictures": 2}
    assert table.images.has_person.tolist() == [True, True, True, False]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_one_name_with_two_sizes_the_file_s_own_is_the_picture(tmp_path, order):
    entries = [(1, "x.jpg", 100, 80), (2, "x.jpg", 640, 480)]
    table, skipped = read(tmp_path, [entries[i] for i in order], ["x.jpg"], person(1), person(2, image=2))
    assert table.source_id == ("1",)
    assert skipped.counts == {SEVERAL_SIZES: 1, "person on an image that was skipped": 1}


def test_of_one_name_with_two_sizes_neither_the_file_s_nobody_is_read(tmp_path):
    images = [(1, "x.jpg", 200, 80), (2, "x.jpg", 640, 480), (3, "y.jpg")]
    table, skipped = read(tmp_path, images, ["x.jpg", "y.jpg"], person(1), person(2, image=2), person(3, image=3))
    assert table.source_id == ("3",)
    assert skipped.counts == {SEVERAL_SIZES: 2, "person on an image that was skipped": 2}


CAMERAS = [(1, "cam1/0.jpg"), (2, "cam1/1.jpg"), (11, "cam2/0.jpg"), (12, "cam2/2.jpg")]
EVERYBODY = [person(1), person(2, image=2), person(11, image=11), person(12, image=12)]


@pytest.mark.parametrize(
    ("files", "root", "kept"),
    [
        (["cam1/0.jpg", "cam1/1.jpg", "cam2/0.jpg", "cam2/2.jpg"], ".", ("1", "2", "11", "12")),
        # only the second camera's folder is there, with more pictures than are annotated; cam1/1.jpg is none of them
        (["cam2/0.jpg", "cam2/1.jpg", "cam2/2.jpg"], "cam2", ("11", "12")),
        (["cam2/0.jpg", "cam2/1.jpg", "cam2/2.jpg"], ".", ("11", "12")),
        (["set/cam2/0.jpg", "set/cam2/1.jpg", "set/cam2/2.jpg"], ".", ("11", "12")),
        (["Cam2/0.JPG", "Cam2/1.JPG", "Cam2/2.JPG"], ".", ("11", "12")),
        # a part of the first camera's folder is there too
        (["cam1/1.jpg", "cam2/0.jpg", "cam2/2.jpg"], ".", ("2", "11", "12")),
    ],
)
def test_nobody_stands_on_the_photograph_of_another_camera(tmp_path, files, root, kept):
    table, skipped = read(tmp_path, CAMERAS, files, *EVERYBODY, root=root)
    assert table.source_id == kept
    left = 4 - len(kept)
    assert skipped.counts == ({NOT_THERE: left, "person on an image that was skipped": left} if left else {})


def test_where_it_cannot_be_told_whose_folder_it_is_all_are_left_out(tmp_path):
    files = ["0.jpg", "1.jpg", "2.jpg", "other.jpg"]
    with pytest.raises(InputError, match=f"4 x {COLLIDES}"):
        read(tmp_path, CAMERAS, files, *EVERYBODY)
    table, skipped = read(tmp_path, [*CAMERAS, (5, "other.jpg")], files, *EVERYBODY, person(5, image=5))
    assert table.source_id == ("5",)
    assert skipped.counts[COLLIDES] == 4


def test_folders_put_together_are_fine_as_long_as_their_names_differ(tmp_path):
    images = [(1, "train2014/a.jpg"), (2, "val2014/b.jpg")]
    table, skipped = read(tmp_path, images, ["a.jpg", "b.jpg"], person(1), person(2, image=2))
    assert [table.file_name(row) for row in range(2)] == ["a.jpg", "b.jpg"]
    assert skipped.counts == {}


def test_the_same_name_in_upper_and_lower_case_is_two_pictures(tmp_path):
    images = [(1, "a.jpg"), (2, "A.jpg")]
    table, _ = read(tmp_path, images, ["a.jpg", "A.jpg"], person(1), person(2, image=2))
    assert [table.file_name(row) for row in range(2)] == ["a.jpg", "A.jpg"]
    (tmp_path / "photos" / "A.jpg").unlink()
    table, skipped = read(tmp_path, images, ["a.jpg"], person(1), person(2, image=2))
    assert table.source_id == ("1",)
    assert skipped.counts == {NOT_THERE: 1, "person on an image that was skipped": 1}


def test_an_entry_without_a_name_keeps_its_people_counted(tmp_path):
    table, skipped = read(tmp_path, [(1, "x.jpg"), (2,), (3, "y.jpg")], ["x.jpg", "y.jpg"], person(1), person(2, image=2))
    assert table.source_id == ("1",)
    assert table.images.has_person.tolist() == [True, False]
    assert skipped.counts == {
        "image entry incomplete or of the wrong type": 1,
        "person on an image that was skipped": 1,
    }


def test_without_a_folder_sizes_tell_pictures_apart(tmp_path):
    content = document(person(1), person(2, image=2))
    for entry, width in zip(content["images"], (100, 640), strict=True):
        entry |= {"file_name": "x.jpg", "width": width}
    (tmp_path / "a.json").write_text(json.dumps(content))
    table, skipped = read_coco(tmp_path / "a.json", None)
    assert table.image.tolist() == [0, 1]
    assert table.images.size_wh[:, 0].tolist() == [100, 640]
    assert skipped.counts == {}
