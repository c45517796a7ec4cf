"""YOLO pose sets as ultralytics, CVAT, Roboflow and Label Studio write them."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from PIL import Image

from smpl_assets.errors import InputError
from smpl_assets.skeletons import SKELETONS
from training.datasets.builder import CORNERED, SEEN_NOTE
from training.datasets.image_index import NOT_THERE
from training.datasets.settings import DataSettings
from training.datasets.stage import read_poses, recognise_format
from training.datasets.yolo import _places, read_yolo
from training.datasets.yolo_set import label_of

COCO = SKELETONS["coco17"]
SIZE = (200, 100)
POINTS = np.stack([np.linspace(0.2, 0.8, 17), np.linspace(0.3, 0.9, 17)], 1)
BOX = "0.5 0.6 0.7 0.7"


def row(points=POINTS, flags=2, box=BOX, kind=0):
    flags = np.broadcast_to(flags, len(points))
    return f"{kind} {box} " + " ".join(f"{x:.6f} {y:.6f} {v}" for (x, y), v in zip(points, flags, strict=True))


def write(root, labels, folder="images/train", **values):
    """A set with a picture per entry of `labels` (its rows, None for no label file); data.yaml with `values` changed."""
    for name, rows in labels.items():
        picture = root / folder / name
        picture.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((SIZE[1], SIZE[0], 3), 99, np.uint8)).save(picture)
        label = label_of(picture)
        label.parent.mkdir(parents=True, exist_ok=True)
        if rows is not None:
            label.write_text("\n".join(rows))
    content = {"train": folder, "kpt_shape": [17, 3], "flip_idx": list(COCO.flip), "names": {0: "person"}, **values}
    file = root / "data.yaml"
    file.write_text(yaml.safe_dump({k: v for k, v in content.items() if v is not None}))
    return file


def test_coordinates_flags_and_boxes(tmp_path):
    flags = np.array([2] * 15 + [1, 0])
    table, skipped = read_yolo(write(tmp_path, {"a.jpg": [row(flags=flags), row(0.5 * POINTS)]}), None, "train")
    assert table.skeleton is COCO
    np.testing.assert_allclose(table.keypoints[0, :16], (POINTS * SIZE)[:16], atol=1e-3)
    np.testing.assert_allclose(table.bbox_xywh[0], (30, 25, 140, 70))
    assert table.annotated[0].tolist() == [True] * 16 + [False]
    assert table.visible[0].tolist() == [True] * 15 + [False] * 2
    assert table.images.file_name == ("a.jpg",)
    assert table.images.size_wh.tolist() == [list(SIZE)]
    assert table.source_id == ("a.jpg:1", "a.jpg:2")
    assert (skipped.counts, skipped.remarks) == ({}, [])


def test_two_numbers_a_keypoint(tmp_path):
    points = POINTS.copy()
    points[3], points[4] = 0, -1
    text = f"0 {BOX} " + " ".join(f"{x} {y}" for x, y in points)
    table, _ = read_yolo(write(tmp_path, {"a.jpg": [text]}, kpt_shape=[17, 2]), None, "train")
    assert np.flatnonzero(~table.annotated[0]).tolist() == [3, 4]
    assert (table.visible == table.annotated).all()


def test_keypoints_at_the_origin_are_not_there_whatever_their_flag(tmp_path):
    points = POINTS.copy()
    points[3] = 0
    text = f"0 {BOX} " + " ".join(f"{x} {y} 2" for x, y in points)
    table, skipped = read_yolo(write(tmp_path, {"a.jpg": [text]}), None, "train")
    assert np.flatnonzero(~table.annotated[0]).tolist() == [3]
    assert skipped.noted == {CORNERED: 1}


def test_flags_of_nothing_but_ones_say_seen(tmp_path):
    table, skipped = read_yolo(write(tmp_path, {"a.jpg": [row(flags=1)]}), None, "train")
    assert table.visible.all()
    assert skipped.remarks == [SEEN_NOTE]


def test_pictures_without_people_and_pictures_without_labels(tmp_path):
    table, skipped = read_yolo(write(tmp_path, {"a.jpg": [row()], "b.png": [], "c.jpg": None, "d.jpg": ["", " "]}), None, "train")
    assert table.images.file_name == ("a.jpg", "b.png", "c.jpg", "d.jpg")
    assert table.images.without_people() == ["b.png", "d.jpg"]
    assert table.images.labelled.tolist() == [True, True, False, True]
    assert skipped.counts == {"picture without a label file": 1}


def test_labels_without_a_picture_are_counted(tmp_path):
    file = write(tmp_path, {"a.jpg": [row()], "sub/b.jpg": [row()], "c.jpg": [row()]})
    (tmp_path / "images/train/c.jpg").unlink()
    (tmp_path / "labels/train/classes.txt").write_text("person\n")
    table, skipped = read_yolo(file, None, "train")
    assert table.images.file_name == ("a.jpg", "sub/b.jpg")
    assert skipped.counts == {"label file without a picture": 1}


BAD = {
    "row does not fit kpt_shape": row(POINTS[:16]),
    "no keypoints": f"0 {BOX}",
    "coordinate outside 0 to 1": row(POINTS + 0.4),
    "class is not among the names": row(kind=7),
    "another class than person": row(kind=1),
    "visibility flag is not 0, 1 or 2": row(flags=0.7),
    "NaN or infinite value": row().replace("0.200000", "nan", 1),
    "entry incomplete or of the wrong type": "person 0.5 0.5 0.1 0.1",
    "row repeated": row(),
}


@pytest.mark.parametrize("reason", BAD)
def test_a_bad_row_costs_that_person_only(tmp_path, reason):
    file = write(tmp_path, {"a.jpg": [row(), BAD[reason], row(0.9 * POINTS)]}, names=["person", "horse"])
    table, skipped = read_yolo(file, None, "train")
    assert table.source_id == ("a.jpg:1", "a.jpg:3")
    assert skipped.counts == {reason: 1}
    assert skipped.entries[0]["entry"].startswith("a.txt line 2")


def test_an_absent_keypoint_may_lie_anywhere(tmp_path):
    points = POINTS.copy()
    points[5] = 1.7
    table, skipped = read_yolo(write(tmp_path, {"a.jpg": [row(points, np.where(np.arange(17) == 5, 0, 2))]}), None, "train")
    assert not table.annotated[0, 5]
    assert skipped.counts == {}


@pytest.mark.parametrize(
    ("rows", "changes", "message"),
    [
        ([row(POINTS * SIZE)], {}, "coordinate outside 0 to 1 (1 of 1 people)"),
        ([row(POINTS[:5])], {}, "row does not fit kpt_shape (1 of 1 people)"),
        ([row()], {"kpt_shape": [17]}, "kpt_shape = [17]"),
        ([row()], {"kpt_shape": None}, "no kpt_shape"),
        ([row()], {"flip_idx": [0, 2, 1]}, "flip_idx = [0, 2, 1] does not swap pairs of 17 keypoints"),
        ([row()], {"flip_idx": [*range(1, 17), 0]}, "does not swap pairs"),
        ([row()], {"kpt_names": ["a", "b"]}, "2 kpt_names, kpt_shape says 17"),
        ([row()], {"train": "images/nowhere"}, "images/nowhere is not there; looked for"),
        ([row()], {"train": "a" * 5000}, "is not there; looked for"),
        ([row()], {"train": "images/\0"}, "is not there; looked for"),
        ([row(kind=3)], {}, "class is not among the names (1 of 1 people)"),
        ([row().replace(".", ",")], {}, "numbers are written with decimal commas (1 of 1 people)"),
        ([row(kind="person")], {}, "the first: a.txt line 1: ValueError could not convert string to float: 'person'"),
        ([row()], {"train": None}, "no pictures: it has no train"),
        ([], {}, "no usable person (it lists no people)"),
    ],
)
def test_an_unusable_set_is_one_clear_error(tmp_path, rows, changes, message):
    file = write(tmp_path, {"a.jpg": rows}, **changes)
    with pytest.raises(InputError) as error:
        read_yolo(file, None, "train")
    assert message in error.value.what
    assert error.value.next_step


def test_several_classes_are_all_people_where_none_is_called_person(tmp_path):
    file = write(tmp_path, {"a.jpg": [row(), row(0.5 * POINTS, kind=1)]}, names=["sitting", "standing"])
    assert len(read_yolo(file, None, "train")[0]) == 2
    file = write(tmp_path, {"a.jpg": [row(), row(0.5 * POINTS, kind=1)]}, names=None, nc=1)
    table, skipped = read_yolo(file, None, "train")
    assert (len(table), skipped.counts) == (1, {"class is not among the names": 1})


NAMED = [f"{side}{part}" for part in ("Ear", "Paw") for side in ("left", "right")] + ["tail"]


@pytest.mark.parametrize("given", [NAMED, {0: NAMED}, [NAMED]])
def test_keypoint_names_in_their_three_forms(tmp_path, given):
    file = write(tmp_path, {"a.jpg": [row(POINTS[:5])]}, kpt_shape=[5, 3], flip_idx=None, kpt_names=given, names=["cat"])
    skeleton = read_yolo(file, None, "train")[0].skeleton
    assert skeleton.name == "cat5"
    assert skeleton.keypoints == ("left_ear", "right_ear", "left_paw", "right_paw", "tail")
    assert skeleton.flip == (1, 0, 3, 2, 4)


def test_names_of_a_known_skeleton_put_keypoints_into_its_order(tmp_path):
    order = np.random.default_rng(0).permutation(17)
    names = [COCO.keypoints[i] for i in order]
    table, _ = read_yolo(write(tmp_path, {"a.jpg": [row(POINTS[order])]}, kpt_names=names, flip_idx=None), None, "train")
    assert table.skeleton is COCO
    np.testing.assert_allclose(table.keypoints[0], POINTS * SIZE, atol=1e-3)


@pytest.mark.parametrize(("flip", "mirrors"), [(None, False), (list(range(17)), False), ([1, 0, *range(2, 17)], True)])
def test_without_names_keypoints_are_numbered(tmp_path, flip, mirrors):
    skeleton = read_yolo(write(tmp_path, {"a.jpg": [row()]}, flip_idx=flip), None, "train")[0].skeleton
    assert skeleton.keypoints == tuple(f"kpt_{i}" for i in range(17))
    assert skeleton.mirrors == mirrors
    assert skeleton.flip == tuple(flip or range(17))


def splits(root, **values):
    write(root, {"v.jpg": [row(0.5 * POINTS)]}, folder="images/val")
    return write(root, {"t.jpg": [row()]}, **{"val": "images/val", **values})


def test_splits(tmp_path):
    file = splits(tmp_path)
    assert read_yolo(file, None, "validation")[0].images.file_name == ("v.jpg",)
    assert read_yolo(file, None, "train")[0].images.file_name == ("t.jpg",)
    both = read_yolo(file, None)[0]
    assert both.images.file_name == ("train/t.jpg", "val/v.jpg")
    assert read_yolo(splits(tmp_path, val=None, validation="images/val"), None, "validation")[0].images.file_name == ("v.jpg",)


def roboflow(root):
    file = write(root, {"t.jpg": [row()]}, folder="train/images")
    file.write_text(file.read_text().replace("train: train/images", "train: ../train/images"))
    return file


def cvat(root):
    file = splits(root, path="./", train="train.txt")
    (root / "train.txt").write_text("images/train/t.jpg\n\n")
    return file


def dotted(root):
    file = splits(root, train="lists/train.txt")
    (root / "lists").mkdir()
    (root / "lists/train.txt").write_text("﻿./../images/train/t.jpg\r\n", encoding="utf-8")
    return file


def windows(root):
    file = splits(root, train="images\\train")
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    return file


def elsewhere(root):
    return splits(root, path="../datasets/mine")


def absolute(root):
    return splits(root, train=str(root / "images/train"), path="/nowhere")


def listed(root):
    return splits(root, train=["images/train"])


def beside(root):
    return write(root, {"t.jpg": [row()]}, folder="pictures")


@pytest.mark.parametrize("layout", [roboflow, cvat, dotted, windows, elsewhere, absolute, listed, beside])
def test_layouts(tmp_path, layout):
    root = tmp_path / "set"
    root.mkdir()
    file = layout(root)
    table, skipped = read_yolo(file, None, "train")
    assert (len(table), len(table.images), skipped.counts) == (1, 1, {})
    assert table.images.file_name == ("t.jpg",)
    for path in (file, root):
        assert recognise_format(path) == "yolo"
        assert len(read_poses(DataSettings(format="yolo", annotations=str(path)), "train")[0]) == 1


def test_a_folder_of_the_users_takes_the_place_of_path(tmp_path):
    file = splits(tmp_path / "set", path="/gone")
    moved = tmp_path / "data.yaml"
    moved.write_text(file.read_text())
    with pytest.raises(InputError, match="images/train is not there; looked for") as error:
        read_yolo(moved, None, "train")
    assert "set `images`" in error.value.next_step
    assert read_yolo(moved, tmp_path / "set", "train")[0].images.file_name == ("images/train/t.jpg",)


@pytest.mark.parametrize("home", ["/home/me/sets/poses", "C:/Users/me/poses"])
def test_absolute_paths_of_another_machine_are_found_by_their_ends(tmp_path, home):
    file = write(tmp_path, {"a.jpg": [row()]}, path=home, train=f"{home}/images/train")
    assert read_yolo(file, None, "train")[0].images.file_name == ("a.jpg",)
    (tmp_path / "list.txt").write_text(f"{home}/images/train/a.jpg\n{home}/images/train/b.jpg\n")
    file = write(tmp_path, {"a.jpg": [row()]}, path=home, train="list.txt")
    table, skipped = read_yolo(file, None, "train")
    assert len(table) == 1
    assert skipped.counts == {NOT_THERE: 1}


def test_labels_beside_the_pictures_are_read_where_there_is_no_folder_of_labels(tmp_path):
    file = write(tmp_path, {"a.jpg": [row()], "b.jpg": None})
    beside = tmp_path / "images/train/a.txt"
    (tmp_path / "labels/train/a.txt").rename(beside)
    assert _places(DataSettings(format="yolo", annotations=str(file)), "train").labels == (tmp_path / "labels/train",)
    with pytest.raises(InputError, match="2 x picture without a label file"):
        read_yolo(file, None, "train")
    (tmp_path / "labels/train").rmdir()
    table, skipped = read_yolo(file, None, "train")
    assert table.source_id == ("a.jpg:1",)
    assert skipped.counts == {"picture without a label file": 1}
    assert _places(DataSettings(format="yolo", annotations=str(file)), "train").labels == (beside.parent,)


def test_a_yaml_that_is_none(tmp_path):
    file = tmp_path / "data.yaml"
    file.write_text("kpt_shape: [17, 3\nnames: {")
    with pytest.raises(InputError, match=r"not YAML \(.*line 2"):
        read_yolo(file, None)
    file.write_text("!!python/object/apply:os.system ['touch /tmp/never']\nkpt_shape: 1")
    with pytest.raises(InputError, match="not YAML"):
        read_yolo(file, None)
    (tmp_path / "other.yaml").write_text("kpt_shape: [1, 2]")
    file.write_text("kpt_shape: [1, 2]")
    with pytest.raises(InputError, match=r"found: data\.yaml, other\.yaml"):
        read_yolo(tmp_path, None)


def test_a_cut_off_picture_is_counted_with_its_people(tmp_path):
    file = write(tmp_path, {"a.jpg": [row()], "b.jpg": [row(), row(0.9 * POINTS)]})
    (tmp_path / "images/train/b.jpg").write_bytes(b"no picture")
    table, skipped = read_yolo(file, None, "train")
    assert len(table) == 1
    assert skipped.counts == {"image file cannot be read": 1, "person on an image that was skipped": 2}


@pytest.mark.parametrize("orientation", [3, 6])
def test_coordinates_are_of_the_picture_as_its_exif_data_turn_it(tmp_path, orientation):
    file = write(tmp_path, {"a.jpg": [row()]})
    picture = tmp_path / "images/train/a.jpg"
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.open(picture).save(picture, exif=exif)
    table, skipped = read_yolo(file, None, "train")
    size = SIZE if orientation == 3 else SIZE[::-1]
    assert (table.images.orientation.tolist(), skipped.noted) == ([orientation], {})
    np.testing.assert_allclose(table.keypoints[0], POINTS * size, atol=1e-3)


def test_a_list_of_pictures_all_over_the_disk(tmp_path):
    write(tmp_path / "one", {"a.jpg": [row()]})
    file = write(tmp_path / "two", {"b.jpg": [row()]}, train="train.txt")
    pictures = [tmp_path / "one/images/train/a.jpg", tmp_path / "two/images/train/b.jpg", tmp_path / "gone.jpg"]
    (tmp_path / "two/train.txt").write_text("\n".join(map(str, pictures)))
    table, skipped = read_yolo(file, None, "train")
    assert table.images.file_name == ("one/images/train/a.jpg", "two/images/train/b.jpg")
    assert skipped.counts == {NOT_THERE: 1}
    table, skipped = read_yolo(file, tmp_path / "two", "train")
    assert (len(table), skipped.counts) == (1, {"picture outside the image folder": 2})
