"""Ids and flags in every form that exporters give them: nobody is lost by it, and no photograph of a person is one of nobody."""

import copy
import json
import math

import pytest

from smpl_assets.skipped import Malformed
from training.datasets.coco import read_coco
from training.datasets.identity import flag, identity, track_number
from training.datasets.image_list import WITHHELD
from training.datasets.mpii import read_mpii
from training.datasets.posetrack import read_posetrack

from .coco_files import document, person, write

ONE_ID = {
    7: (7, 7.0, "7", "007", "7.0", " 7 ", "+7"),
    -3: (-3, -3.0, "-3", "-003"),
    10**30: (10**30, str(10**30), f"00{10**30}"),
    "img": ("img", " img "),
    "Zoë": ("Zoë", "Zoë"),
    "7a": ("7a",),
    None: (None, math.nan, math.inf, "", "  ", True, 7.5, [7], {"$oid": "7"}),
}


@pytest.mark.parametrize(("wanted", "given"), [(wanted, one) for wanted, forms in ONE_ID.items() for one in forms])
def test_an_id_has_one_form(wanted, given):
    found = identity(given)
    assert found == wanted
    assert type(found) is type(wanted)


@pytest.mark.parametrize("value", [True, 1, 1.0, "1", "true", "True", "YES", -1])
def test_flags_that_are_set(value):
    assert flag(value)


@pytest.mark.parametrize("value", [False, 0, 0.0, "0", "false", "No", "", None, math.nan, "null"])
def test_flags_that_are_not_set(value):
    assert not flag(value)


@pytest.mark.parametrize("value", ["perhaps", [0], {}])
def test_what_is_no_flag(value):
    with pytest.raises(Malformed, match="flag is neither true nor false"):
        flag(value)


def test_track_numbers():
    assert [track_number(v) for v in (3, "03", 3.0, None, math.nan)] == [3, 3, 3, -1, -1]
    for value in ("a", [1], 2.5):
        with pytest.raises(Malformed, match="track number"):
            track_number(value)


def _ids(content, images=lambda i: i, people=lambda i: i):
    """The document with its image ids in other forms, in `images` and in `annotations`."""
    content = copy.deepcopy(content)
    for entry in content["images"]:
        entry["id"] = images(entry["id"])
    for entry in content["annotations"]:
        entry["image_id"] = people(entry["image_id"])
    return content


FORMS = {
    "number": lambda i: i,
    "float": float,
    "text": str,
    "padded": lambda i: f"{i:012d}",
    "text of a float": lambda i: f"{i}.0",
}


@pytest.mark.parametrize("images", FORMS)
@pytest.mark.parametrize("people", FORMS)
def test_people_are_on_their_image_however_its_id_is_written(tmp_path, images, people):
    content = document(person(1), person(2, image=2), person(3, image=2, iscrowd=1), images=3)
    path, folder = write(tmp_path, content)
    path.write_text(json.dumps(_ids(content, FORMS[images], FORMS[people])))
    table, skipped = read_coco(path, folder)
    assert table.image.tolist() == [0, 1]
    assert table.images.has_person.tolist() == [True, True, False]
    assert table.images.image_id.tolist() == [1, 2, 3]
    assert len(table.images.ignore[1]) == 1
    assert skipped.counts == {"crowd region": 1}
    assert skipped.noted == {}


def test_annotations_may_name_their_image_by_its_file(tmp_path):
    content = document(person(1), person(2, image=2), images=3)
    path, folder = write(tmp_path, content)
    named = {e["id"]: e["file_name"] for e in content["images"]}
    for annotation in content["annotations"]:
        annotation["image_id"] = named[annotation["image_id"]]
    for drop in (False, True):
        for entry in content["images"] if drop else ():
            entry.pop("id")
        path.write_text(json.dumps(content))
        table, _ = read_coco(path, folder)
        assert table.image.tolist() == [0, 1]
        assert table.images.has_person.tolist() == [True, True, False]


@pytest.mark.parametrize("category", [1.0, "1", "01", "person", "Person", None, math.nan])
def test_a_category_is_known_by_id_or_name_in_any_form(tmp_path, category):
    table, skipped = read_coco(*write(tmp_path, document(person(1), person(2, image=2, category_id=category), images=3)))
    assert table.image.tolist() == [0, 1]
    assert table.images.has_person.tolist() == [True, True, False]
    assert skipped.counts == {}


@pytest.mark.parametrize("category", [9, "cat", [1], 1.5])
def test_joints_of_an_unknown_category_are_counted_and_on_their_photograph(tmp_path, category):
    table, skipped = read_coco(*write(tmp_path, document(person(1), person(2, image=2, category_id=category), images=3)))
    assert len(table) == 1
    assert table.images.has_person.tolist() == [True, True, False]
    assert skipped.counts == {"keypoints of a category that the file does not list": 1}


def test_other_known_categories_are_no_people_unless_they_are_called_so(tmp_path):
    box = {"keypoints": [], "num_keypoints": 0}
    people = [person(1), person(2, image=2, category_id=2, **box), person(3, image=3, category_id="8", **box)]
    content = document(*people, images=4)
    content["categories"] += [{"id": 2, "name": "car"}, {"id": 8, "name": "People", "keypoints": []}]
    table, skipped = read_coco(*write(tmp_path, content))
    assert table.images.has_person.tolist() == [True, False, True, False]
    assert skipped.counts == {}


@pytest.mark.parametrize("crowd", [True, 1.0, "1", "true"])
def test_a_crowd_is_one_in_any_form(tmp_path, crowd):
    table, skipped = read_coco(*write(tmp_path, document(person(1), person(2, image=2, iscrowd=crowd))))
    assert skipped.counts == {"crowd region": 1}
    assert len(table.images.ignore[1]) == 1


@pytest.mark.parametrize("crowd", [False, 0.0, "0", "false", None, math.nan])
def test_a_person_is_no_crowd_in_any_form(tmp_path, crowd):
    table, skipped = read_coco(*write(tmp_path, document(person(1), person(2, image=2, iscrowd=crowd))))
    assert len(table) == 2
    assert skipped.counts == {}


@pytest.mark.parametrize("image", [99, "other", None, 1.5, [1]])
def test_where_people_cannot_be_placed_no_photograph_is_without_people(tmp_path, image):
    path, folder = write(tmp_path, document(person(1), person(2, image=image), images=3))
    table, skipped = read_coco(path, folder)
    assert len(table) == 1
    assert skipped.total == 1
    assert table.images.has_person.all()
    assert skipped.noted == {WITHHELD: 2}
    assert skipped.to_json()["noted"] == {WITHHELD: 2}


def test_cars_that_cannot_be_placed_do_no_harm(tmp_path):
    content = document(person(1), person(2, image=99, category_id=2, keypoints=[]), images=3)
    content["categories"].append({"id": 2, "name": "car"})
    table, skipped = read_coco(*write(tmp_path, content))
    assert table.images.has_person.tolist() == [True, False, False]
    assert skipped.noted == {}


def test_ids_too_long_for_a_float_do_not_make_backgrounds(tmp_path):
    """A data frame rounds 64-bit ids: people whose image cannot be told are counted, and no photograph is offered instead."""
    content = document(person(1), person(2, image=2), images=3)
    path, folder = write(tmp_path, content)
    big = 1234567890123456789
    path.write_text(json.dumps(_ids(content, lambda i: big + i, lambda i: big + 1 if i == 1 else float(big + i))))
    table, skipped = read_coco(path, folder)
    assert len(table) == 1
    assert skipped.counts == {"image id not among the file's images": 1}
    assert table.images.has_person.all()


NO_IDS = [None, math.nan, "", [3], True]


@pytest.mark.parametrize("missing", NO_IDS)
def test_people_without_ids_are_named_by_image_and_position(tmp_path, missing):
    people = [
        person(missing),
        person(missing, keypoints=[3.0] * 2 + [2] + [0] * 48),
        person(missing, image=2),
        person(8, image=2),
    ]
    table, skipped = read_coco(*write(tmp_path, document(*people)))
    assert table.source_id == ("000000000001.jpg#1", "000000000001.jpg#2", "000000000002.jpg#1", "8")
    assert skipped.counts == {}


def test_ids_that_restart_with_every_image_cost_nobody(tmp_path):
    other = [v + 1 if k % 3 < 2 else v for k, v in enumerate(person(1)["keypoints"])]
    second = [person(1.0, image=2), person(2, image=2, keypoints=other), person(3, image=2)]
    people = [person(1), person("02", keypoints=other), *second]
    table, skipped = read_coco(*write(tmp_path, document(*people)))
    assert table.source_id == (
        "000000000001.jpg#1", "000000000001.jpg#2", "000000000002.jpg#1", "000000000002.jpg#2", "3",
    )  # fmt: skip
    assert skipped.counts == {}


@pytest.mark.parametrize("number", [4, None])
def test_the_same_annotation_twice_is_one_person(tmp_path, number):
    table, skipped = read_coco(*write(tmp_path, document(person(number), person(number), person(5, image=2))))
    assert len(table) == 2
    assert skipped.counts == {"annotation repeated": 1}


def _frames(sequence, labelled, first=1, track=3):
    content = document(person(1, image=1, track_id=track), person(2, image=2, track_id=track))
    for entry in content["images"]:
        entry |= {"file_name": f"images/{sequence}/{entry['id']:06d}.jpg", "vid_id": sequence, "is_labeled": labelled}
    return content


@pytest.mark.parametrize(
    ("labelled", "wanted"), [("0", False), (0.0, False), ("false", False), (None, False), ("1", True), (1.0, True)]
)
def test_posetrack_flags_and_tracks_in_any_form(tmp_path, labelled, wanted):
    (tmp_path / "a.json").write_text(json.dumps(_frames("a", labelled, track="003")))
    (tmp_path / "b.json").write_text(json.dumps(_frames("b", labelled, track=None)))
    table, skipped = read_posetrack(tmp_path, None)
    assert table.images.labelled.tolist() == [wanted] * 4
    assert table.person_id.tolist() == [3, 3, -1, -1]
    assert table.source_id == tuple(f"images/{s}/00000{n}.jpg#1" for s in "ab" for n in (1, 2))
    assert skipped.counts == {}


def test_mpii_marks_of_validation_in_any_form(tmp_path):
    joints = [[30.0 + j, 20.0 + 2 * j, 1.0] for j in range(16)]
    marks = (0, "0", 1.0, "true", math.nan)
    rows = [
        {"img_paths": f"{n}.jpg", "joint_self": joints, "objpos": [40.0, 40.0], "scale_provided": 0.4, "isValidation": mark}
        for n, mark in enumerate(marks)
    ]
    path = tmp_path / "mpii.json"
    path.write_text(json.dumps(rows))
    assert read_mpii(path, None, "train")[0].source_id == ("0", "1", "4")
    assert read_mpii(path, None, "validation")[0].source_id == ("2", "3", "4")
