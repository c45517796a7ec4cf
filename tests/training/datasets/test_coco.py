import json
import math

import numpy as np
import pytest

from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from training.datasets.builder import CORNERED, SEEN_NOTE
from training.datasets.coco import read_coco
from training.feeds.transforms import person_region

from .coco_files import NAMES, document, person, write


def test_coordinates_flags_and_ids(tmp_path):
    table, skipped = read_coco(*write(tmp_path, document(person(7), person(9, image=2, track="x"))))
    assert table.skeleton.name == "coco17"
    np.testing.assert_array_equal(table.keypoints[0, 1], (21.5, 12.5))
    np.testing.assert_array_equal(table.bbox_xywh[0], (15, 5, 30, 45))
    assert table.scale[0] == 45 / 200
    np.testing.assert_array_equal(table.center[0], (30, 27.5 - 15 * 45 / 200))
    region = person_region(table.bbox_xywh[0], table.center[0], table.scale[0], "center")
    np.testing.assert_allclose(region, (7.5, 5, 45, 45))  # the square about the box
    assert table.area[0] == 600
    assert table.annotated.all()
    assert (~table.visible[0]).nonzero()[0].tolist() == [0, 3, 6, 9, 12, 15]
    assert table.source_id == ("7", "9")
    assert table.image.tolist() == [0, 1]
    assert math.isnan(table.head_size[0])
    assert skipped.counts == {}
    assert skipped.read == 2


def test_unannotated_joints_are_zero_whatever_the_file_says(tmp_path):
    keypoints = person(1)["keypoints"]
    keypoints[3:6] = [55, 66, 0]
    table, _ = read_coco(*write(tmp_path, document(person(1, keypoints=keypoints))))
    assert not table.annotated[0, 1]
    np.testing.assert_array_equal(table.keypoints[0, 1], (0, 0))


def test_joints_at_the_origin_are_not_annotated_whatever_their_flag(tmp_path):
    keypoints = person(1)["keypoints"]
    keypoints[3:9] = [0, 0, 1, 0, 0, 2]
    keypoints[9:12] = [0, 7, 2]
    table, skipped = read_coco(*write(tmp_path, document(person(1, keypoints=keypoints), person(2))))
    assert np.flatnonzero(~table.annotated[0]).tolist() == [1, 2]
    assert table.annotated[1].all()
    assert skipped.noted == {CORNERED: 1}
    assert "annotation 1 " in skipped.entries[0]["entry"]


def test_flags_of_nothing_but_zeros_and_ones_say_seen(tmp_path):
    keypoints = [1 if k % 3 == 2 and v else v for k, v in enumerate(person(1)["keypoints"])]
    keypoints[3:6] = [0, 0, 0]
    table, skipped = read_coco(*write(tmp_path, document(person(1, keypoints=keypoints))))
    assert (table.visible == table.annotated).all()
    assert table.visible.sum() == 16
    assert skipped.remarks == [SEEN_NOTE]
    table, skipped = read_coco(*write(tmp_path, document(person(1, keypoints=keypoints), person(2))))
    assert not table.visible[0].any()
    assert skipped.remarks == []


def test_people_without_annotated_joints_are_kept_for_the_next_stage(tmp_path):
    table, skipped = read_coco(*write(tmp_path, document(person(1), person(2, keypoints=[0] * 51))))
    assert len(table) == 2
    assert not table.annotated[1].any()
    assert skipped.counts == {}


def test_images_without_people_stay_and_crowds_count_as_people(tmp_path):
    table, _ = read_coco(*write(tmp_path, document(person(1), person(2, image=2, iscrowd=1), images=3)))
    assert table.images.has_person.tolist() == [True, True, False]


BAD = {
    "crowd region": {"iscrowd": 1},
    "no keypoints": {"keypoints": []},
    "wrong number of keypoints": {"keypoints": [1.0] * 50},
    "NaN or infinite value": {"keypoints": [float("nan"), *[1.0] * 50]},
    "value that no photograph has": {"keypoints": [1e300, *[1.0] * 50]},
    "visibility flag is not 0, 1 or 2": {"keypoints": [5.0] * 51},
    "visibility flags are true or false": {"keypoints": [5.0, 6.0, True] * 17},
    "keypoints are no flat list of numbers": {"keypoints": [[5.0, 6.0, 2]] * 17},
    "keypoints have x and y, but no visibility flags": {"keypoints": [5.0, 6.0] * 17},
    "no box, and too few joints to make one": {"bbox": [3, 3, 0, 5], "keypoints": [5, 5, 2] + [0] * 48},
    "box outside the image": {"bbox": [100, 10, 20, 20]},
    "box is not x, y, width, height": {"bbox": [1, 2, 3]},
    "annotation repeated": {"id": 1},
    "image id not among the file's images": {"image_id": 99},
    "entry incomplete or of the wrong type": {"keypoints": ["left"] * 51},
}


@pytest.mark.parametrize("reason", BAD)
def test_a_malformed_person_is_skipped_counted_and_listed(tmp_path, reason):
    path, images = write(tmp_path, document(person(1), person(2, **BAD[reason])))
    table, skipped = read_coco(path, images)
    assert table.source_id == ("1",)
    assert skipped.counts == {reason: 1}
    entry = next(e for e in skipped.entries if e["reason"] == reason)
    assert entry["file"] == str(path)
    assert f"annotation {BAD[reason].get('id', 2)}" in entry["entry"]


def test_entries_that_are_no_objects_or_lack_fields(tmp_path):
    lacking = person(3)
    del lacking["image_id"]
    content = document(person(1), lacking)
    content["annotations"].append("person")
    content["images"].append({"id": 5})
    table, skipped = read_coco(*write(tmp_path, {**content, "images": content["images"]}))
    assert len(table) == 1
    assert skipped.counts == {"entry incomplete or of the wrong type": 2, "image entry incomplete or of the wrong type": 1}


def test_a_box_over_the_edge_is_cut(tmp_path):
    table, _ = read_coco(*write(tmp_path, document(person(1, bbox=[-10, 60, 50, 40]))))
    np.testing.assert_array_equal(table.bbox_xywh[0], (0, 60, 40, 20))


def test_a_missing_box_is_taken_from_the_joints(tmp_path):
    table, _ = read_coco(*write(tmp_path, document(person(1, bbox=None, area=None))))
    np.testing.assert_allclose(table.bbox_xywh[0], (20.5 - 3.2, 10.5 - 3.2, 16 + 6.4, 32 + 6.4))
    assert table.area[0] == pytest.approx(22.4 * 38.4)


def test_missing_images_are_counted_with_their_people(tmp_path):
    table, skipped = read_coco(*write(tmp_path, document(person(1), person(2, image=2), person(3, image=2)), missing=(2,)))
    assert table.images.file_name == ("000000000001.jpg",)
    assert skipped.counts == {"image not in the folder": 1, "person on an image that was skipped": 2}


def test_repeated_image_entries_are_one_image(tmp_path):
    content = document(person(1), person(2, image=2), person(3, image=7))
    content["images"] += [content["images"][0], {**content["images"][1], "id": 7}]
    table, skipped = read_coco(*write(tmp_path, content))
    assert len(table.images) == 2
    assert table.image.tolist() == [0, 1, 1]
    assert skipped.counts == {"image entry repeated": 2}


def test_without_a_folder_no_image_is_looked_for(tmp_path):
    path, _ = write(tmp_path, document(person(1)))
    table, skipped = read_coco(path, None)
    assert len(table) == 1
    assert skipped.counts == {}


def test_an_unknown_image_size_is_read_from_the_image_and_a_broken_image_skipped(tmp_path):
    content = document(person(1), person(2, image=2))
    for image in content["images"]:
        del image["width"]
    path, images = write(tmp_path, content)
    (images / "000000000002.jpg").write_bytes(b"no image")
    table, skipped = read_coco(path, images)
    assert tuple(table.images.size_wh[0]) == (100, 80)
    assert skipped.counts == {"image file cannot be read": 1, "person on an image that was skipped": 1}


def test_where_nobody_can_be_read_the_first_entry_says_why(tmp_path):
    content = document(person(1))
    path, images = write(tmp_path, content)
    for file in images.iterdir():
        file.write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    with pytest.raises(InputError, match=r"the first: image 1 \(000000000001\.jpg\): a HEIC photograph: save it as JPEG"):
        read_coco(path, images)
    for image in content["images"]:
        image["filename"] = image.pop("file_name")
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"the first: images\[0\]: no file_name; it has id, width, height, filename"):
        read_coco(path, images)


def test_names_from_another_starting_point_are_found(tmp_path):
    content = document(person(1))
    for image in content["images"]:
        image["file_name"] = f"val2017/{image['file_name']}"
    (tmp_path / "images" / "val2017").mkdir(parents=True)
    path, images = write(tmp_path, content)
    table, _ = read_coco(path, images / "val2017")
    assert table.images.file_name[0] == "000000000001.jpg"
    table, _ = read_coco(path, images)
    assert table.images.file_name[0] == "val2017/000000000001.jpg"


def test_known_skeleton_in_another_order_and_spelling(tmp_path):
    order = np.random.default_rng(0).permutation(17)
    content = document(person(1))
    content["categories"][0]["keypoints"] = [NAMES[i].replace("left_", "Left ").replace("right_", "r_") for i in order]
    rows = np.array(person(1)["keypoints"]).reshape(17, 3)
    content["annotations"][0]["keypoints"] = rows[order].reshape(-1).tolist()
    table, _ = read_coco(*write(tmp_path, content))
    assert table.skeleton.name == "coco17"
    np.testing.assert_array_equal(table.keypoints[0], rows[:, :2] + 0.5)


def test_a_skeleton_of_its_own(tmp_path):
    content = document(person(1, keypoints=[1, 1, 2, 2, 2, 2, 3, 3, 1]))
    content["categories"] = [
        {"id": 1, "name": "cat", "keypoints": ["nose", "left_paw", "right_paw"], "skeleton": [[1, 2], [1, 3], [1, 9]]},
        {"id": 2, "name": "car"},
    ]
    content["annotations"].append(person(2, category_id=2))
    table, skipped = read_coco(*write(tmp_path, content))
    assert len(table) == 1
    assert table.skeleton.name == "cat3"
    assert table.skeleton.limbs == (("nose", "left_paw"), ("nose", "right_paw"))
    assert table.skeleton.flip == (0, 2, 1)
    assert skipped.counts == {}
    table.save(tmp_path / "poses.npz")
    assert PoseTable.load(tmp_path / "poses.npz").skeleton == table.skeleton


UNUSABLE = {
    "no category names its keypoints": lambda d: d["categories"][0].pop("keypoints"),
    "no list 'annotations'": lambda d: d.pop("annotations"),
    "no list 'images'": lambda d: d.update(images={}),
    "have different keypoints": lambda d: d.update(
        categories=[{"id": 1, "name": "a", "keypoints": ["x"]}, {"id": 2, "name": "b", "keypoints": ["y"]}]
    ),
    "keypoint names have to be there and differ; found: nose, nose": lambda d: d["categories"][0].update(
        keypoints=["nose", "nose"]
    ),
    "'wing (left)' has no 'wing_right'": lambda d: d["categories"][0].update(keypoints=["wing (left)", "left_leg", "right_leg"]),
    "no usable person (it lists no people)": lambda d: d.update(annotations=[]),
    "no usable person (1 people, none with an annotated joint)": lambda d: d["annotations"][0].update(keypoints=[0] * 51),
    "no usable person (1 x crowd region)": lambda d: d["annotations"][0].update(iscrowd=1),
}


@pytest.mark.parametrize("message", UNUSABLE)
def test_an_unusable_file_is_one_clear_error(tmp_path, message):
    path, images = write(tmp_path, document(person(1)))
    content = json.loads(path.read_text())
    UNUSABLE[message](content)
    path.write_text(json.dumps(content))
    with pytest.raises(InputError) as error:
        read_coco(path, images)
    assert message in error.value.what
    assert str(path) in error.value.what
    assert error.value.next_step
    assert error.value.exit_code == 2


def test_files_that_are_not_there_or_not_json(tmp_path):
    path, images = write(tmp_path, document(person(1)))
    for bad, message in ((tmp_path / "none.json", "no such file"), (tmp_path, "a folder where")):
        with pytest.raises(InputError, match=message):
            read_coco(bad, images)
    with pytest.raises(InputError, match="no such image folder"):
        read_coco(path, tmp_path / "none")
    path.write_text(path.read_text()[:-40])
    with pytest.raises(InputError, match="not JSON at line 1"):
        read_coco(path, images)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"is no text in UTF-16"):
        read_coco(path, images)
    path.write_text("[1]")
    with pytest.raises(InputError, match="the top level is a list"):
        read_coco(path, images)


def test_crowds_become_regions_to_ignore(tmp_path):
    runs = {"size": [80, 100], "counts": [10, 7990]}
    outline = [[1.0, 2.0, 9.0, 2.0, 9.0, 8.5]]
    crowds = [
        person(2, iscrowd=1, segmentation=runs),
        person(3, image=2, iscrowd=1, segmentation=outline),
        person(4, image=2, iscrowd=1, bbox=[10, 20, 30, 40]),
        person(5, image=3, iscrowd=1, segmentation=[[1.0]], bbox=["x", 1, 1, 1]),
    ]
    crowds[2].pop("segmentation", None)
    table, skipped = read_coco(*write(tmp_path, document(person(1), *crowds, images=3)))
    assert table.images.ignore == ([runs], [outline, [[10, 20, 40, 20, 40, 60, 10, 60]]], [])
    assert table.images.labelled.all()
    assert table.images.frame.tolist() == [-1, -1, -1]
    assert skipped.counts == {"crowd region": 4}
    table.save(tmp_path / "poses.npz")
    assert PoseTable.load(tmp_path / "poses.npz") == table
