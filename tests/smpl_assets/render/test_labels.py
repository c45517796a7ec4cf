"""Labels: COCO's terms, run-length masks, flips, files."""

from __future__ import annotations

import json

import numpy as np
import pytest

from smpl_assets.errors import StageError
from smpl_assets.labels import SampleLabel, SampleLabels, coco_keypoints, decode_mask, flip_label, mirror_body, run_length
from smpl_assets.skeletons import SKELETONS


def label(sample_id: int = 7000) -> SampleLabel:
    rng = np.random.default_rng(0)
    mask = np.zeros((40, 60), bool)
    mask[5:20, 10:30] = True
    points = [
        [float(x), float(y), int(v)]
        for x, y, v in zip(rng.uniform(0, 60, 17), rng.uniform(0, 40, 17), [2, 1] * 8 + [0], strict=True)
    ]
    points[-1] = [0.0, 0.0, 0]
    body = {
        "global_orient": [0.1, 0.2, 0.3],
        "body_pose": rng.normal(size=(23, 3)).tolist(),
        "shape": [0.0],
        "transl": [0.5, 0.1, 3.0],
    }
    return SampleLabel(
        sample_id, 7, "ann-7", 60, 40, points, [10.0, 5.0, 20.0, 15.0], [-5.0, 5.0, 40.0, 15.0], run_length(mask), 300.0,
        rng.normal(size=(17, 3)).tolist(), body, [50.0, 50.0, 31.0, 20.0], "look-1", "builtin:room-1", 5,
    )  # fmt: skip


def test_visibility_follows_coco():
    points = np.array([[1.25, 2.5], [3.0, 4.0], [70.0, 1.0]])
    rows = coco_keypoints(points, np.array([True, True, False]), np.array([True, False, False]))
    assert rows == [[1.25, 2.5, 2], [3.0, 4.0, 1], [0.0, 0.0, 0]]


def test_masks_survive_run_length():
    mask = np.random.default_rng(1).random((33, 47)) > 0.5
    code = run_length(mask)
    assert isinstance(code["counts"], str)
    assert np.array_equal(decode_mask(code), mask)


def test_flipping_twice_is_the_identity():
    one, skeleton = label(), SKELETONS["coco17"]
    once = flip_label(one, skeleton)
    assert once != one
    twice = flip_label(once, skeleton)
    assert np.allclose(np.array(twice.keypoints), np.array(one.keypoints))
    assert np.allclose(np.array(twice.keypoints_3d), np.array(one.keypoints_3d))
    assert (twice.bbox, twice.bbox_amodal, twice.segmentation, twice.intrinsics) == (
        one.bbox,
        one.bbox_amodal,
        one.segmentation,
        one.intrinsics,
    )
    assert np.allclose(np.array(twice.body["body_pose"]), np.array(one.body["body_pose"]))


def test_a_flip_moves_pixels_and_swaps_sides():
    one, skeleton = label(), SKELETONS["coco17"]
    flipped = flip_label(one, skeleton)
    left, right = skeleton.index("left_wrist"), skeleton.index("right_wrist")
    assert flipped.keypoints[left][0] == pytest.approx(60 - one.keypoints[right][0])
    assert np.array_equal(decode_mask(flipped.segmentation), decode_mask(one.segmentation)[:, ::-1])
    assert flipped.bbox[0] == 30.0


def test_a_mirrored_body_turns_the_other_way():
    body = label().body
    assert mirror_body(body)["global_orient"] == [0.1, -0.2, -0.3]
    assert mirror_body(body)["transl"] == [-0.5, 0.1, 3.0]
    assert mirror_body(body)["body_pose"][0] == [body["body_pose"][1][0], -body["body_pose"][1][1], -body["body_pose"][1][2]]


def test_labels_survive_the_disk(tmp_path):
    labels = SampleLabels("coco17", "anny", (label(7000), label(7001)))
    labels.save(tmp_path / "labels.json")
    assert SampleLabels.load(tmp_path / "labels.json") == labels
    assert labels.samples[0].name == "000000007000"


@pytest.mark.parametrize(
    "text", ["", "[]", '{"skeleton": "coco17"}', json.dumps({"skeleton": "a", "body": "b", "samples": [{"width": 3}]})]
)
def test_a_broken_label_file_is_one_clear_error(tmp_path, text):
    (tmp_path / "labels.json").write_text(text)
    with pytest.raises(StageError, match=r"label"):
        SampleLabels.load(tmp_path / "labels.json")
