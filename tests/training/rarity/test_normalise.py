import dataclasses

import numpy as np
import pytest

from smpl_assets.errors import InputError
from tests.training.rarity.people import make_people, make_table, without
from training.rarity.normalise import included_people, normalise, resolve_normalisation


def one_person(skeleton="mpii16", joints=16):
    keypoints = np.linspace(0, 1, joints)[None, :, None] * np.array([100.0, 200.0]) + np.array([50.0, 20.0])
    table = make_table(keypoints, skeleton=skeleton)
    return dataclasses.replace(table, center=np.array([[100.0, 120.0]]), scale=np.array([0.8]))


def test_the_mpii_crop():
    table = one_person()
    poses = normalise(table, "mpii", np.array([0]))
    corner, side = np.array([100.0 - 100.0, 120.0 + 12.0 - 100.0]), 200.0
    np.testing.assert_allclose(poses.coordinates[0], (table.keypoints[0] - corner) / side, atol=1e-6)


def test_the_coco_crop_is_the_box_widened_to_3_by_4_with_margin():
    table = dataclasses.replace(one_person("coco17", 17), bbox_xywh=np.array([[50.0, 20.0, 100.0, 200.0]]))
    poses = normalise(table, "coco", np.array([0]))
    width, height = 200.0 * 0.75 * 1.25, 250.0
    corner = np.array([100.0 - width / 2, 120.0 - height / 2])
    np.testing.assert_allclose(poses.coordinates[0], (table.keypoints[0] - corner) / [width, height], atol=1e-6)


def test_box_and_torso():
    table = make_people(5)
    box = normalise(table, "box", np.arange(5)).coordinates
    np.testing.assert_allclose(box.min(1), 0.0, atol=1e-6)
    np.testing.assert_allclose(box.max((1, 2)), 1.0, atol=1e-5)
    torso = normalise(table, "torso", np.arange(5)).coordinates
    left, right = table.skeleton.index("left_shoulder"), table.skeleton.index("right_hip")
    np.testing.assert_allclose(np.linalg.norm(torso[:, left] - torso[:, right], axis=1), 1.0, atol=1e-5)


def test_unannotated_joints_lie_at_the_crops_corner():
    table = without(make_people(3), [1], ["left_ankle", "right_wrist"])
    poses = normalise(table, "mpii", np.arange(3))
    assert (poses.coordinates[1][~poses.known[1]] == 0).all()
    assert (~poses.known).sum() == 2


def test_without_a_torso_the_box_stands_for_it():
    table = without(make_people(3), [1], ["left_shoulder"])
    poses = normalise(table, "torso", np.arange(3)).coordinates[1]
    joint = table.skeleton.index("right_ankle")
    box = table.bbox_xywh[1]
    expected = (table.keypoints[1, joint] - box[:2] - box[2:] / 2) / (0.36 * box[2:].max())
    np.testing.assert_allclose(poses[joint], expected, rtol=1e-5)


def test_unknown_name():
    with pytest.raises(InputError, match=r"'crop' is not known.*mpii"):
        normalise(make_people(1), "crop", np.arange(1))


@pytest.mark.parametrize(("skeleton", "name"), [("mpii16", "mpii"), ("coco17", "coco"), ("lsp14", "box")])
def test_auto_goes_by_the_skeleton(skeleton, name):
    assert resolve_normalisation("auto", make_people(2, skeleton=skeleton)) == name
    assert resolve_normalisation("torso", make_people(2, skeleton=skeleton)) == "torso"


def test_who_is_included():
    table = make_people(4)
    table = without(table, [1], list(table.skeleton.keypoints))
    broken = table.keypoints.copy()
    broken[2, 3] = np.nan
    table = dataclasses.replace(table, keypoints=broken)
    assert included_people(table, include_empty=False).tolist() == [True, False, False, True]
    assert included_people(table, include_empty=True).tolist() == [True, True, False, True]
