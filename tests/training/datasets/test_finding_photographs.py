"""Photographs are found by whatever name a tool gives them, and what is not found says what was looked for and what is there."""

import json
import unicodedata

import numpy as np
import pytest
from PIL import Image

from smpl_assets.errors import InputError
from training.datasets.image_folder import ImageFolder
from training.datasets.image_index import COLLIDES, NOT_THERE, SEVERAL, ImageIndex
from training.datasets.image_placing import OTHER_ENDING, UNUSED
from training.datasets.name_list import AMBIGUOUS, UNKNOWN
from training.datasets.posetrack import read_posetrack
from training.datasets.settings import DataSettings
from training.datasets.stage import read_poses

from .coco_files import document, person

NFC, NFD = (unicodedata.normalize(form, "Zoë") for form in ("NFC", "NFD"))

# what the annotations say, the file below the folder
FOUND = {
    "as it is": ("a/x.jpg", "a/x.jpg"),
    "from elsewhere": ("images/val/a/x.jpg", "a/x.jpg"),
    "bare": ("x.jpg", "x.jpg"),
    "absolute": ("/home/me/coco/a/x.jpg", "a/x.jpg"),
    "dots": ("./../images/./x.jpg", "x.jpg"),
    "from Windows": (r"a\x.jpg", "a/x.jpg"),
    "with a drive": (r"C:\data\a\x.jpg", "a/x.jpg"),
    "with a drive and slashes": ("D:/data/x.jpg", "x.jpg"),
    "beside a drive": ("c:x.jpg", "x.jpg"),
    "on a share": (r"\\server\share\a\x.jpg", "a/x.jpg"),
    "file URL": ("file:///C:/data/a/x.jpg", "a/x.jpg"),
    "URL": ("https://host:8080/a/x.jpg", "a/x.jpg"),
    "URL with a query": ("https://host/a/x.jpg?X-Amz-Expires=60&sig=a/b", "a/x.jpg"),
    "URL with a fragment": ("https://host/a/x.jpg#top", "a/x.jpg"),
    "S3": ("s3://bucket/train/x.jpg", "x.jpg"),
    "Google storage": ("gs://bucket/a/x.jpg", "a/x.jpg"),
    "Firebase": ("https://host/v0/b/app/o/a%2Fx.jpg?alt=media", "a/x.jpg"),
    "Label Studio, local files": ("http://localhost:8080/data/local-files/?d=photos/a/x.jpg", "a/x.jpg"),
    "Label Studio, no host": ("/data/local-files/?d=photos%2Fa%2Fmy%20x.jpg", "a/my x.jpg"),
    "Label Studio, Windows": (r"/data/local-files/?d=photos\a\x.jpg", "a/x.jpg"),
    "Label Studio, upload": ("/data/upload/3/1a2b3c4d-x.jpg", "x.jpg"),
    "a URL in a query": ("/proxy?url=https%3A%2F%2Fhost%2Fa%2Fx.jpg&w=3", "a/x.jpg"),
    "percent": ("my%20x.jpg", "my x.jpg"),
    "percent twice": ("my%2520x.jpg", "my x.jpg"),
    "plus": ("my+x.jpg", "my x.jpg"),
    "percent that is there": ("my%20x.jpg", "my%20x.jpg"),
    "question mark that is there": ("what?.jpg", "what?.jpg"),
    "number sign that is there": ("#1.jpg", "#1.jpg"),
    "backslash that is there": (r"a\x.jpg", r"a\x.jpg"),
    "blanks around": (" x.jpg\n", "x.jpg"),
    "composed, decomposed": (f"{NFC}.jpg", f"{NFD}.jpg"),
    "decomposed, composed": (f"{NFD}/x.jpg", f"{NFC}/x.jpg"),
    "upper case ending": ("x.jpg", "x.JPG"),
    "upper case": ("IMG_1.JPG", "img_1.jpg"),
    "ending of the same kind": ("x.jpeg", "x.jpg"),
    "another ending": ("x.png", "x.jpg"),
    "no ending": ("000012", "000012.jpg"),
    "dots in the name": ("v1.2", "v1.2.jpg"),
    "no ending there either": ("frame7", "frame7"),
    "in a sub-folder": ("x.jpg", "batch 1/deep/x.jpg"),
    "in another sub-folder": ("train/x.jpg", "batch 1/x.jpg"),
}


@pytest.mark.parametrize(("name", "file"), FOUND.values(), ids=FOUND)
def test_found(tmp_path, name, file):
    for there in (file, "other.jpg", "notes.txt"):
        path = tmp_path / "photos" / there
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    folder = ImageFolder(tmp_path / "photos")
    assert folder.find([name]) == {name: (file, "")}
    assert folder.told() == ""


# what the annotations say, the files there, which is meant
CHOSEN = {
    "the literal name": ("a%20b.jpg", ["a b.jpg", "a%20b.jpg"], "a%20b.jpg"),
    "the nearer folder": ("set/a/x.jpg", ["x.jpg", "a/x.jpg", "b/x.jpg"], "a/x.jpg"),
    "the whole path": ("a/x.jpg", ["backup/a/x.jpg", "a/x.jpg"], "a/x.jpg"),
    "the folder itself": ("x.jpg", ["x.jpg", "old/x.jpg"], "x.jpg"),
    "the folder's own name": ("photos/x.jpg", ["x.jpg", "old/x.jpg"], "x.jpg"),
    "its case": ("X.jpg", ["x.jpg", "X.jpg"], "X.jpg"),
    "its ending": ("x.png", ["x.jpg", "x.png"], "x.png"),
    "its kind of ending": ("x.jpeg", ["x.png", "x.jpg"], "x.jpg"),
    "case before kind": ("x.JPG", ["x.jpeg", "x.jpg"], "x.jpg"),
    "ending before folder": ("a/x.jpg", ["a/x.png", "b/x.jpg"], "b/x.jpg"),
}


@pytest.mark.parametrize(("name", "files", "meant"), CHOSEN.values(), ids=CHOSEN)
def test_of_several_the_one_that_fits_best(name, files, meant):
    index = ImageIndex([tuple(f.split("/")) for f in files], ("data", "photos"))
    assert index.find([name]) == {name: tuple(meant.split("/"))}


NOT_FOUND = {
    "several": ("x.jpg", ["a/x.jpg", "b/x.jpg"], SEVERAL),
    "several endings": ("x.bmp", ["x.jpg", "x.png"], SEVERAL),
    "nothing": ("y.jpg", ["x.jpg"], NOT_THERE),
    "no image": ("x.jpg", ["x.txt", "x.json"], NOT_THERE),
    "part of a name": ("1.jpg", ["11.jpg", "img1.jpg"], NOT_THERE),
    "a date before it": ("20240131-1.jpg", ["1.jpg"], NOT_THERE),
    "no name": ("..", ["x.jpg"], NOT_THERE),
}


@pytest.mark.parametrize(("name", "files", "why"), NOT_FOUND.values(), ids=NOT_FOUND)
def test_not_found(name, files, why):
    assert ImageIndex([tuple(f.split("/")) for f in files]).find([name]) == {name: why}


def test_a_folder_that_is_there_is_the_only_place_of_its_images():
    index = ImageIndex([("a", "1.jpg"), ("b", "2.jpg"), ("a", "late", "3.jpg")])
    names = ["a/1.jpg", "a/2.jpg", "a/3.jpg"]
    assert index.find(names) == {"a/1.jpg": ("a", "1.jpg"), "a/2.jpg": NOT_THERE, "a/3.jpg": ("a", "late", "3.jpg")}


def test_two_names_never_get_one_file():
    index = ImageIndex([("x.jpg",)])
    assert index.find(["a/x.jpg", "b/x.jpg"]) == dict.fromkeys(["a/x.jpg", "b/x.jpg"], COLLIDES)
    assert index.find(["x.jpg", "x.JPG"]) == {"x.jpg": ("x.jpg",), "x.JPG": NOT_THERE}


def dataset(folder, names, files, **settings):
    """People 1, 2, ... on images of these names; photographs of these names: what `read_poses` takes."""
    content = document(*(person(n, image=n) for n in range(1, len(names) + 1)), images=len(names))
    for entry, name in zip(content["images"], names, strict=True):
        entry["file_name"] = name
    (folder / "a.json").write_text(json.dumps(content))
    for file in files:
        path = folder / "photos" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((80, 100, 3), 127, np.uint8)).save(path)
    return DataSettings(format="coco", annotations=str(folder / "a.json"), images=str(folder / "photos"), **settings)


def test_the_first_names_decide_nothing(tmp_path):
    names = [f"train2017/{n:06}.jpg" for n in range(100)]
    table, skipped = read_poses(dataset(tmp_path, names, [f"{n:06}.jpg" for n in range(90, 100)]))
    assert table.source_id == tuple(str(n + 1) for n in range(90, 100))
    assert skipped.counts == {NOT_THERE: 90, "person on an image that was skipped": 90}


def test_links_are_followed_once_and_hidden_files_are_none(tmp_path):
    settings = dataset(tmp_path, ["x.jpg", "y.jpg"], ["../elsewhere/x.jpg", ".trash/y.jpg", "a.jpg"])
    (tmp_path / "photos" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "photos")
    table, _ = read_poses(settings)
    assert table.images.file_name == ("linked/x.jpg",)


def test_an_error_says_what_was_looked_for_and_what_is_there(tmp_path):
    names = [f"shots/IMG_{n}.jpg" for n in range(5)]
    settings = dataset(tmp_path, names, [f"b/IMG-{n}.jpg" for n in range(4)])
    with pytest.raises(InputError) as error:
        read_poses(settings)
    told = error.value.what
    assert "looked for shots/IMG_0.jpg, shots/IMG_1.jpg, shots/IMG_2.jpg" in told
    assert f"{tmp_path / 'photos'} holds 4 images, unused b/IMG-0.jpg, b/IMG-1.jpg, b/IMG-2.jpg" in told
    assert f"5 x {NOT_THERE}" in told


def test_what_is_missing_and_what_is_unused_is_listed(tmp_path):
    table, skipped = read_poses(dataset(tmp_path, ["x.jpg", "y.jpg"], ["x.jpg", "z.jpg"]))
    assert table.source_id == ("1",)
    assert skipped.counts[NOT_THERE] == 1
    assert skipped.noted == {UNUSED: 1}
    listed = {e["reason"]: e["entry"] for e in skipped.entries}
    assert listed[NOT_THERE] == "image 2 (y.jpg)"
    assert listed[UNUSED] == "z.jpg"


def test_posetrack_s_files_share_one_look_at_the_folder(tmp_path):
    for sequence in "ab":
        content = document(person(1), person(2, image=2))
        for entry in content["images"]:
            entry |= {"file_name": f"images\\val\\{sequence}\\{entry['id']:06}.jpg", "vid_id": sequence}
        (tmp_path / f"{sequence}.json").write_text(json.dumps(content))
        (tmp_path / "frames" / sequence).mkdir(parents=True)
        for n in (1, 2):
            Image.new("RGB", (100, 80)).save(tmp_path / "frames" / sequence / f"{n:06}.JPG")
    table, skipped = read_posetrack(tmp_path, tmp_path / "frames")
    assert table.images.file_name == ("a/000001.JPG", "a/000002.JPG", "b/000001.JPG", "b/000002.JPG")
    assert table.images.sequences == ("a", "b")
    assert skipped.counts == {}


NAMES = ["day 1/my photo.jpg", f"day 1/{NFC}.jpg", "b.jpg", "c.jpg"]
LISTS = {
    "plain": b"my photo.jpg\nb.jpg",
    "byte order mark": "\ufeffmy photo.jpg\nb.jpg\n".encode(),
    "UTF-16": "my photo.jpg\r\nb.jpg\r\n".encode("utf-16"),
    "UTF-16, big end first": "\ufeffmy photo.jpg\nb.jpg\n".encode("utf-16-be"),
    "Windows": b"my photo.jpg\r\nb.jpg\r\n",
    "old Mac": b"my photo.jpg\rb.jpg",
    "blank lines and blanks": b"\n  my photo.jpg  \n\t\n\nb.jpg\n\n",
    "comments": b"# the good ones\n#\n#more\nmy photo.jpg\nb.jpg\n",
    "repeated": b"b.jpg\nb.jpg\nmy photo.jpg\nday 1/my photo.jpg\n",
    "whole names": b"day 1/my photo.jpg\nb.jpg\n",
    "from elsewhere": b"./images/day 1/my photo.jpg\n/data/images/b.jpg\n",
    "Windows's separators": b"day 1\\my photo.jpg\r\nC:\\x\\b.jpg\r\n",
    "URLs": b"https://host/day%201/my%20photo.jpg\ns3://bucket/b.jpg",
    "another case": b"MY PHOTO.JPG\nB.jpg",
    "without endings": b"my photo\nb",
}


@pytest.mark.parametrize("content", LISTS.values(), ids=LISTS)
def test_an_image_list_as_any_editor_writes_it(tmp_path, content):
    (tmp_path / "names.txt").write_bytes(content)
    table, skipped = read_poses(dataset(tmp_path, NAMES, NAMES, image_list=str(tmp_path / "names.txt")))
    assert table.source_id == ("1", "3")
    assert skipped.counts == {}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_letters_in_an_image_list(tmp_path, encoding):
    (tmp_path / "names.txt").write_bytes(f"{NFC}.jpg\n".encode(encoding))
    table, _ = read_poses(dataset(tmp_path, NAMES, NAMES, image_list=str(tmp_path / "names.txt")))
    assert table.source_id == ("2",)


def test_names_that_no_image_has_are_counted(tmp_path):
    names = ["a/1.jpg", "b/1.jpg", "2.jpg"]
    (tmp_path / "names.txt").write_text("2.jpg\n3.jpg\n2.jpeg\n1.jpg\n#2.jpg\n")
    table, skipped = read_poses(dataset(tmp_path, names, names, image_list=str(tmp_path / "names.txt")))
    assert table.source_id == ("3",)
    assert skipped.counts == {UNKNOWN: 2, AMBIGUOUS: 1}
    assert {e["entry"] for e in skipped.entries if e["reason"] == UNKNOWN} == {"3.jpg", "2.jpeg"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"x.jpg\ny.jpg", r"none of its 2 names \(x\.jpg, y\.jpg\) .* has day 1/my photo\.jpg, "),
        (b"", "none of its 0 names"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\x81", "not a text file"),
        ("b.jpg".encode("utf-16-le"), "not a text file"),
    ],
)
def test_a_list_that_cannot_be_used_is_one_clear_error(tmp_path, content, says):
    (tmp_path / "names.txt").write_bytes(content)
    with pytest.raises(InputError, match=says) as error:
        read_poses(dataset(tmp_path, NAMES, NAMES, image_list=str(tmp_path / "names.txt")))
    assert "names.txt" in error.value.what
    assert error.value.next_step


def test_a_folder_that_cannot_be_used(tmp_path):
    with pytest.raises(InputError, match="no such image folder"):
        ImageFolder(tmp_path / "none")


def test_another_ending_is_noted_and_has_to_be_of_the_same_size(tmp_path):
    settings = dataset(tmp_path, ["x.bmp", "y.bmp", "000012"], ["x.jpg", "y.jpg", "000012.jpg"])
    Image.new("L", (50, 40)).save(tmp_path / "photos" / "y.jpg")
    table, skipped = read_poses(settings)
    assert table.source_id == ("1", "3")
    assert skipped.noted == {OTHER_ENDING: 1}
    assert skipped.counts == {NOT_THERE: 1, "person on an image that was skipped": 1}
