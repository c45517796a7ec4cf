"""Whatever stands in one entry, the others are read and the entry is read or counted."""

import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from training.datasets.coco import read_coco
from training.datasets.mpii import read_mpii
from training.datasets.posetrack import read_posetrack

from .coco_files import document, person

NUMBERS = st.integers(-(10**12), 10**12) | st.floats() | st.booleans() | st.none() | st.text(max_size=4)
VALUES = st.recursive(
    NUMBERS, lambda v: st.lists(v, max_size=4) | st.dictionaries(st.text(max_size=3), v, max_size=2), max_leaves=8
)


def _written(content: object, folder: str) -> Path:
    path = Path(folder) / "annotations.json"
    path.write_text(json.dumps(content))
    return path


def _accounted_for(table, skipped, known: int) -> None:
    assert len(table) + skipped.total >= known
    assert table.keypoints.shape[0] == len(table.source_id) == skipped.read


@settings(max_examples=150, deadline=None)
@given(field=st.sampled_from(["id", "image_id", "category_id", "iscrowd", "area", "bbox", "keypoints"]), value=VALUES)
def test_any_value_in_a_coco_annotation(field, value):
    with tempfile.TemporaryDirectory() as folder:
        content = document(person(1), person(2, image=2, **{field: value}))
        table, skipped = read_coco(_written(content, folder), None)
        assert "1" in table.source_id
        if field != "category_id":
            _accounted_for(table, skipped, 2)


@settings(max_examples=80, deadline=None)
@given(field=st.sampled_from(["id", "file_name", "width", "height"]), value=VALUES)
def test_any_value_in_a_coco_image(field, value):
    with tempfile.TemporaryDirectory() as folder:
        content = document(person(1), person(2, image=2))
        content["images"][1][field] = value
        table, skipped = read_coco(_written(content, folder), None)
        assert "1" in table.source_id
        _accounted_for(table, skipped, 2)


@settings(max_examples=80, deadline=None)
@given(field=st.sampled_from(["img_paths", "joint_self", "objpos", "scale_provided", "img_width", "isValidation"]), value=VALUES)
def test_any_value_in_an_mpii_row(field, value):
    joints = [[30.0 + j, 20.0 + 2 * j, 1.0] for j in range(16)]
    good = {"img_paths": "a.jpg", "joint_self": joints, "objpos": [40.0, 40.0], "scale_provided": 0.4}
    with tempfile.TemporaryDirectory() as folder:
        table, skipped = read_mpii(_written([good, {**good, "img_paths": "b.jpg", field: value}], folder), None)
        assert "0" in table.source_id
        _accounted_for(table, skipped, 2)


@settings(max_examples=80, deadline=None)
@given(field=st.sampled_from(["x1", "track_id", "annopoints", "point"]), value=VALUES)
def test_any_value_in_a_posetrack_rectangle(field, value):
    points = [{"id": [j], "x": [10.0 + j], "y": [20.0 + 2 * j]} for j in range(15)]
    good = {"x1": [1], "y1": [2], "x2": [9], "y2": [9], "track_id": [3], "annopoints": [{"point": points}]}
    bad = {**good, "annopoints": [{"point": value}]} if field == "point" else {**good, field: value}
    with tempfile.TemporaryDirectory() as folder:
        content = {"annolist": [{"image": [{"name": "s/1.jpg"}], "annorect": [good, bad]}]}
        table, skipped = read_posetrack(_written(content, folder), None)
        assert "s/1.jpg:0" in table.source_id
        _accounted_for(table, skipped, 2)
