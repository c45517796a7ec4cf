"""Labels: COCO's terms, run-length masks, ids, files written as samples come."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from smpl_assets.errors import StageError
from smpl_assets.labels import (
    LabelWriter,
    SampleLabels,
    coco_keypoints,
    run_length,
    sample_id_of,
    source_of,
)
from smpl_assets.skeletons import SKELETONS
from tests.smpl_assets.masks import decode_mask

COCO = SKELETONS["coco17"]


def person(sample_id: int, subject: bool = True) -> dict[str, Any]:
    """A label's values; of people beside the subject less is known."""
    rng = np.random.default_rng(sample_id)
    mask = np.zeros((40, 60), bool)
    mask[5:20, 10:30] = True
    seen = {
        "sample_id": sample_id, "subject": subject, "source_person": 7, "width": 60, "height": 40,
        "keypoints": np.column_stack([rng.uniform(0, 40, (17, 2)), np.full(17, 2)]), "bbox": [10.0, 5.0, 20.0, 15.0],
        "bbox_amodal": [-5.0, 5.0, 40.0, 15.0], "segmentation": run_length(mask), "area": 300.0, "background": "builtin:room-1",
        "seed": 5,
    }  # fmt: skip
    own = {
        "source_annotation": "ann-7", "keypoints_3d": rng.normal(size=(17, 3)), "global_orient": [0.1, 0.2, 0.3],
        "body_pose": rng.normal(size=(23, 3)), "shape": [0.0, 1.0], "transl": [0.5, 0.1, 3.0],
        "intrinsics": [50.0, 50.0, 31.0, 20.0], "texture": "look-1",
    }  # fmt: skip
    return {**seen, **own} if subject else seen


def write(path, images) -> bytes:
    with LabelWriter(path, COCO, "anny") as writer:
        for people in images:
            writer.add(people)
        assert len(writer) == len(images)
    return path.read_bytes()


def test_visibility_follows_coco():
    points = np.array([[1.25, 2.5], [3.0, 4.0], [70.0, 1.0]])
    rows = coco_keypoints(points, np.array([True, True, False]), np.array([True, False, False]))
    assert rows.tolist() == [[1.25, 2.5, 2], [3.0, 4.0, 1], [0.0, 0.0, 0]]


def test_masks_survive_run_length():
    mask = np.random.default_rng(1).random((33, 47)) > 0.5
    code = run_length(mask)
    assert isinstance(code["counts"], str)
    assert np.array_equal(decode_mask(code), mask)


def test_ids_say_whose_image_it_is():
    assert sample_id_of(7, 0) == 7000
    assert [source_of(sample_id_of(p, r)) for p, r in ((0, 0), (7, 999), (123, 4))] == [(0, 0), (7, 999), (123, 4)]


def test_labels_survive_the_disk_row_by_row(tmp_path):
    write(tmp_path / "labels.npz", [[person(7001)], [person(7000), person(7000, subject=False)]])
    labels = SampleLabels.load(tmp_path / "labels.npz")
    assert labels.sample_id.tolist() == [7000, 7000, 7001]
    assert labels.subject.tolist() == [True, False, True]
    first, second = labels.samples
    assert (first.name, second.name) == ("000000007000", "000000007001")
    for name, value in person(7000).items():
        assert np.array_equal(getattr(first, name), value), name
    assert (first.kept, first.kept_reason, np.isnan(first.drift_px)) == (True, "", True)
    (other,) = labels.others(7000)
    assert np.isnan(other.transl).all()
    assert other.segmentation == first.segmentation
    assert labels.others(7001) == []
    with pytest.raises(AttributeError, match="no colour"):
        _ = first.colour


def test_spooled_labels_are_the_same_file_in_any_order(tmp_path, monkeypatch):
    images = [[person(n), person(n, subject=False)] for n in range(7)]
    whole = write(tmp_path / "a.npz", images)
    monkeypatch.setattr("smpl_assets.labels._SPOOLED", 3)
    assert write(tmp_path / "b.npz", images) == write(tmp_path / "c.npz", images[::-1]) == whole
    assert {p.name for p in tmp_path.iterdir()} == {"a.npz", "b.npz", "c.npz"}
    write(tmp_path / "none.npz", [])
    assert SampleLabels.load(tmp_path / "none.npz").samples == ()


def test_an_error_leaves_neither_file(tmp_path):
    with pytest.raises(ValueError, match="inhomogeneous"):
        write(tmp_path / "labels.npz", [[person(1)], [{**person(2), "bbox": [1.0, [2.0]]}]])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"[]", b'{"skeleton": "coco17", "samples": []}'])
def test_a_broken_label_file_is_one_clear_error(tmp_path, content):
    (tmp_path / "labels.npz").write_bytes(content)
    with pytest.raises(StageError, match=r"labels\.npz: not a readable SampleLabels file"):
        SampleLabels.load(tmp_path / "labels.npz")
