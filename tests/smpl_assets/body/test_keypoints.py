import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from smpl_assets.body import protocol
from smpl_assets.body.anny_body import AnnyBody
from smpl_assets.body.keypoints import keypoint_file, load_keypoints
from smpl_assets.body.place_keypoints import surface_weights
from smpl_assets.body.pose import BodyPose
from smpl_assets.body.settings import BodySettings, KeypointShifts
from smpl_assets.body.smpl_body import SmplBody
from smpl_assets.errors import InputError
from smpl_assets.plugins import Plugin
from smpl_assets.skeletons import SKELETONS


@pytest.mark.parametrize("skeleton", sorted(SKELETONS))
def test_weights_are_means_of_the_surface(skeleton):
    _, weights = load_keypoints("anny").matrix(SKELETONS[skeleton])
    assert torch.allclose(weights.sum(1), torch.ones(len(weights)), atol=1e-4)
    assert (weights >= 0).all()


def test_the_file_is_what_placing_gives(tmp_path, monkeypatch):
    from tools import place_keypoints

    monkeypatch.setattr(place_keypoints, "keypoint_file", lambda body: tmp_path / f"{body}.json")
    place_keypoints.main()
    assert json.loads((tmp_path / "anny.json").read_text()) == json.loads(keypoint_file("anny").read_text())


def test_a_target_inside_a_cloud_is_reached():
    random = np.random.default_rng(0)
    directions = random.normal(size=(500, 3))
    cloud = directions / np.linalg.norm(directions, axis=1, keepdims=True) * 0.05
    target = np.array([0.01, -0.005, 0.01])
    numbers, weights = surface_weights(cloud, target, np.ones(500, bool))
    assert np.allclose(np.array(weights) @ cloud[numbers], target, atol=1e-3)
    assert len(numbers) >= 6


def test_keypoints_lie_where_their_names_say(anny):
    eye = torch.eye(3)
    out = anny(BodyPose.at_origin(eye.expand(1, 24, 3, 3), torch.zeros(1, 12)))
    mpii = SKELETONS["mpii16"]
    joints, points = out.joints[0], dict(zip(mpii.keypoints, anny.keypoints(mpii, out)[0], strict=True))
    assert (points["left_knee"] - joints[4]).norm() < 0.04
    assert (points["left_elbow"] - joints[18]).norm() < 0.04
    assert points["head_top"][1] > points["head_bottom"][1] + 0.2
    assert points["head_bottom"][1] > points["thorax"][1] > points["pelvis"][1]
    lsp = dict(zip(SKELETONS["lsp14"].keypoints, anny.keypoints(SKELETONS["lsp14"], out)[0], strict=True))
    assert lsp["head_bottom"][1] < points["head_bottom"][1] - 0.005
    assert lsp["head_top"][1] < points["head_top"][1] - 0.02


def test_an_unknown_body_says_so():
    with pytest.raises(InputError, match="keypoints_nobody"):
        load_keypoints("nobody")


def test_bodies_are_loaded_once():
    assert protocol.load_body(BodySettings()) is protocol.load_body(BodySettings())


def test_a_missing_package_says_what_to_install(monkeypatch):
    gone = Plugin("smpl_assets.body.no_such_module", "SmplBody", "pip install 'rarepose[smpl]'")
    monkeypatch.setitem(protocol.BODIES.own, "smplx", gone)
    with pytest.raises(InputError) as error:
        protocol.load_body(BodySettings(name="smplx", model="x.npz"))
    assert "rarepose[smpl]" in str(error.value)


def test_settings_are_light():
    code = "import sys, smpl_assets.body.settings, smpl_assets.poses.settings\n"
    code += "assert not {'torch', 'anny', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_wrong_shapes_are_refused():
    with pytest.raises(Exception, match="body_pose"):
        BodyPose(torch.eye(3)[None], torch.eye(3).expand(1, 24, 3, 3), torch.zeros(1, 12), torch.zeros(1, 3))


def test_the_sheet_shows_the_keypoints(anny):
    from tools.keypoint_sheet import keypoint_sheet

    sheet, skeleton = keypoint_sheet(anny, "coco17", height=400), SKELETONS["coco17"]
    front = sheet[:, : int(0.72 * 400)]
    for colour in set(skeleton.colours):
        assert (front == colour).all(-1).sum() > 20
    left = np.argwhere((front == skeleton.colours[1]).all(-1))[:, 1]
    right = np.argwhere((front == skeleton.colours[2]).all(-1))[:, 1]
    assert left.mean() > right.mean()  # the body's left is at the image's right


def test_points_move_as_annotators_put_them_on_both_sides(anny):
    wide = AnnyBody(keypoints=KeypointShifts(hip_out=8.0, neck_up=-5.0))
    was, now = _at_rest(anny), _at_rest(wide)
    torso = float((was["thorax"] - was["pelvis"]).norm())
    for side, sign in (("left", 1.0), ("right", -1.0)):
        step = torch.tensor([sign * 0.08 * torso, 0.0, 0.0])
        assert torch.allclose(now[f"{side}_hip"] - was[f"{side}_hip"], step, atol=0.004)
        assert torch.equal(now[f"{side}_shoulder"], was[f"{side}_shoulder"])
        assert torch.equal(now[f"{side}_knee"], was[f"{side}_knee"])
    assert torch.allclose(now["head_bottom"] - was["head_bottom"], torch.tensor([0.0, -0.05 * torso, 0.0]), atol=0.004)
    assert torch.allclose(now["pelvis"], (now["left_hip"] + now["right_hip"]) / 2, atol=1e-5)
    assert torch.allclose(now["pelvis"], was["pelvis"], atol=0.002)
    assert torch.equal(now["head_top"], was["head_top"])


def test_bodies_with_other_keypoints_are_other_bodies():
    wide = BodySettings(keypoints=KeypointShifts(hip_out=8.0))
    assert protocol.load_body(wide) is not protocol.load_body(BodySettings())
    assert protocol.load_body(wide.unmoved) is protocol.load_body(BodySettings())


def test_points_of_smpl_move_too(smpl, smpl_file):
    wide = SmplBody(BodySettings(name="smpl", model=str(smpl_file), keypoints=KeypointShifts(hip_out=3.0)))
    still = BodyPose.at_origin(torch.eye(3).expand(1, 24, 3, 3), torch.zeros(1, smpl.shape_size))
    was, now = (body.keypoints(SKELETONS["coco17"], body(still))[0] for body in (smpl, wide))
    left, right = (SKELETONS["coco17"].index(f"{side}_hip") for side in ("left", "right"))
    assert now[left, 0] > was[left, 0] + 0.005
    assert now[right, 0] < was[right, 0] - 0.005


def _at_rest(body):
    """Keypoints of the mean body as its file has it, by name."""
    vertices = body.rest_vertices[None]
    return dict(zip(SKELETONS["mpii16"].keypoints, body.points.regress(SKELETONS["mpii16"], vertices)[0], strict=True))
