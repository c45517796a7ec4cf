"""Values that cannot be meant: what is no box, no flag, no location, and coordinates that are no pixels."""

import numpy as np
import pytest

from smpl_assets.errors import InputError
from training.datasets.coco import read_coco
from training.datasets.mpii import read_mpii
from training.datasets.whole_file import UNKNOWN_FLAG

from .coco_files import document, person, write

ALL = person(1)["keypoints"]
NAN = float("nan")
AROUND = (20.5 - 3.2, 10.5 - 3.2, 16 + 6.4, 32 + 6.4)  # the joints' box, wider by a tenth of its longer side


@pytest.mark.parametrize(
    "box", [[0, 0, 0, 0], [15, 5, 0, 0], [45, 50, -30, -45], [15, 5, 30, -1], None, [], [None] * 4, [NAN] * 4, [0.0, 0.0, 10, 0]]
)
def test_a_box_that_holds_nothing_is_taken_from_the_joints(tmp_path, box):
    table, skipped = read_coco(*write(tmp_path, document(person(1, bbox=box, area=0), person(2))))
    np.testing.assert_allclose(table.bbox_xywh[0], AROUND)
    assert table.area[0] == pytest.approx(22.4 * 38.4)
    assert skipped.counts == {}


def test_a_box_that_holds_nothing_and_one_joint_are_counted(tmp_path):
    one = [20, 10, 2] + [0] * 48
    table, skipped = read_coco(*write(tmp_path, document(person(1), person(2, bbox=[0, 0, 0, 0], keypoints=one))))
    assert table.source_id == ("1",)
    assert skipped.counts == {"no box, and too few joints to make one": 1}


@pytest.mark.parametrize("area", [None, 0, -3, NAN, float("inf")])
def test_an_area_that_is_none_is_the_boxs(tmp_path, area):
    table, _ = read_coco(*write(tmp_path, document(person(1, area=area))))
    assert table.area[0] == 30 * 45


def spoilt(value, flag, joint=4):
    return [*ALL[: 3 * joint], value, value, flag, *ALL[3 * joint + 3 :]]


@pytest.mark.parametrize(("value", "flag"), [(NAN, 0), (None, 0), (float("inf"), 0), (-999, 0), (NAN, NAN), (None, None)])
def test_under_flag_0_coordinates_mean_nothing(tmp_path, value, flag):
    table, skipped = read_coco(*write(tmp_path, document(person(1, keypoints=spoilt(value, flag)), person(2))))
    assert skipped.counts == {}
    assert np.flatnonzero(~table.annotated[0]).tolist() == [4]
    assert table.keypoints[0, 4].tolist() == [0, 0]
    np.testing.assert_array_equal(table.keypoints[0, 5], table.keypoints[1, 5])


@pytest.mark.parametrize(("value", "flag"), [(NAN, 1), (None, 2), (float("inf"), 2)])
def test_under_flags_1_and_2_they_have_to_be_numbers(tmp_path, value, flag):
    _, skipped = read_coco(*write(tmp_path, document(person(1, keypoints=spoilt(value, flag)), person(2))))
    assert skipped.counts == {"NaN or infinite value": 1}


@pytest.mark.parametrize("flag", [NAN, None])
def test_a_place_without_a_flag_is_no_flag(tmp_path, flag):
    _, skipped = read_coco(*write(tmp_path, document(person(1, keypoints=spoilt(12, flag)), person(2))))
    assert skipped.counts == {UNKNOWN_FLAG: 1}


def test_mpii_joints_without_location_that_are_not_seen_are_no_joints(tmp_path):
    joints = [[30.0 + j, 20.0 + 2 * j, 1.0] for j in range(16)]
    row = {"img_paths": "a.jpg", "objpos": [40.0, 40.0], "scale_provided": 0.4}
    rows = [{**row, "joint_self": [*joints[:15], [NAN, NAN, flag]]} for flag in (0.0, 1.0)]
    path, _ = write(tmp_path, rows)
    table, skipped = read_mpii(path, None)
    assert table.annotated[0].tolist() == [True] * 15 + [False]
    assert skipped.counts == {"NaN or infinite value": 1}


FLAGS = {
    "scores of predictions": (lambda v: 0.37 * v, "visibility flag is not 0, 1 or 2 (2 of 2 people)", "scores of predictions"),
    "true and false": (lambda v: v > 1, "visibility flags are true or false (2 of 2 people)", "write 2 for a point that is seen"),
    "255": (lambda v: 255 * v, "visibility flag is not 0, 1 or 2 (2 of 2 people)", "write 2 (seen)"),
}


@pytest.mark.parametrize("kind", FLAGS)
def test_a_file_of_other_flags_is_one_error(tmp_path, kind):
    change, what, cure = FLAGS[kind]
    points = [change(v) if i % 3 == 2 else v for i, v in enumerate(ALL)]
    with pytest.raises(InputError) as error:
        read_coco(*write(tmp_path, document(person(1, keypoints=points), person(2, keypoints=points))))
    assert what in error.value.what
    assert cure in error.value.next_step


@pytest.mark.parametrize(
    ("points", "what"),
    [
        ([ALL[i : i + 3] for i in range(0, 51, 3)], "no flat list"),
        ([v for i, v in enumerate(ALL) if i % 3 < 2], "no visibility flags"),
    ],
)
def test_a_file_of_other_lists_is_one_error(tmp_path, points, what):
    with pytest.raises(InputError, match=what) as error:
        read_coco(*write(tmp_path, document(person(1, keypoints=points))))
    assert "one flat list x, y, flag" in error.value.next_step


def scaled(factor, count=12, size=(640, 480), keypoints=True, boxes=True):
    """People all over pictures of a size, their coordinates times `factor` / size."""
    rng, content = np.random.default_rng(0), document(images=count)
    for image in content["images"]:
        image["width"], image["height"] = size
    share = np.array(size) / factor if factor else np.ones(2)
    for number in range(1, count + 1):
        middle = rng.uniform(0.2, 0.8, 2) * size
        points = middle + rng.uniform(-80, 80, (17, 2))
        rows = np.column_stack([points / share if keypoints else points, np.full(17, 2)])
        low, high = points.min(0), points.max(0)
        box = np.concatenate([low, high - low])
        box = (box / np.tile(share, 2) if boxes else box).tolist()
        content["annotations"].append(person(number, number, keypoints=rows.reshape(-1).tolist(), bbox=box, area=0))
    return content


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"factor": 1}, "all coordinates of keypoints lie between 0 and 1 though images are 640 px wide"),
        ({"factor": 1, "boxes": False}, "all coordinates of keypoints lie between 0 and 1 though"),
        ({"factor": 1, "keypoints": False}, "all coordinates of boxes lie between 0 and 1 though"),
        ({"factor": 100}, "all coordinates of keypoints lie between 0 and 100 though images are 640 px wide: they are percent"),
        ({"factor": 100, "keypoints": False}, "all coordinates of boxes lie between 0 and 100 though"),
    ],
)
def test_coordinates_that_are_shares_of_the_image_are_one_error(tmp_path, changes, message):
    path, _ = write(tmp_path, scaled(**changes))
    with pytest.raises(InputError) as error:
        read_coco(path, None)
    assert message in error.value.what
    assert "multiply x by the image's width" in error.value.next_step


def test_shares_are_noticed_where_no_image_size_is_known(tmp_path):
    content = scaled(1, count=1)
    del content["images"][0]["width"]
    path, _ = write(tmp_path, content)
    with pytest.raises(InputError, match="though people are larger than a pixel"):
        read_coco(path, None)


@pytest.mark.parametrize("changes", [{"factor": None}, {"factor": None, "size": (96, 96)}, {"factor": 90, "size": (96, 96)}])
def test_pixels_are_pixels(tmp_path, changes):
    path, _ = write(tmp_path, scaled(**changes))
    assert len(read_coco(path, None)[0]) == 12


def test_one_person_in_a_corner_of_a_large_picture_is_no_percent(tmp_path):
    content = document(person(1))
    content["images"][0].update(width=4000, height=3000)
    path, _ = write(tmp_path, content)
    assert len(read_coco(path, None)[0]) == 1
