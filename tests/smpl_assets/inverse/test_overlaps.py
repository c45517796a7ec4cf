import torch

from smpl_assets.body.capsules import closest_points
from smpl_assets.body.pose import BodyPose
from smpl_assets.body.protocol import SMPL_JOINTS
from smpl_assets.inverse.overlaps import build_capsules, overlaps, penetration
from smpl_assets.inverse.rig import pose_rig
from smpl_assets.rotations import exponential


def _posed(rig, **turns):
    pose = torch.zeros(1, 23, 3)
    for joint, vector in turns.items():
        pose[0, SMPL_JOINTS.index(joint) - 1] = torch.tensor(vector)
    return pose_rig(rig, BodyPose(torch.eye(3)[None], exponential(pose), torch.zeros(1, rig.shape_size), torch.zeros(1, 3)))


def test_closest_points_of_segments_are_the_closest():
    g = torch.Generator().manual_seed(0)
    p0, p1, q0, q1 = torch.randn(4, 30, 3, generator=g)
    first, second = closest_points(p0, p1, q0, q1)
    share = torch.linspace(0, 1, 101)[:, None, None]
    every = (p0 + share * (p1 - p0))[:, None] - (q0 + share * (q1 - q0))[None]
    torch.testing.assert_close((first - second).norm(dim=-1), every.norm(dim=-1).amin((0, 1)), atol=0.02, rtol=0)


def test_distance_of_segments_by_hand():
    p0, p1 = torch.zeros(3, 3), torch.tensor([1.0, 0, 0]).expand(3, 3)
    q0 = torch.tensor([[0.5, 1.0, -1], [2, 0, 0], [0.2, 0.3, 0]])
    q1 = torch.tensor([[0.5, 1.0, 1], [3, 0, 0], [0.8, 0.3, 0]])
    first, second = closest_points(p0, p1, q0, q1)
    assert torch.allclose((first - second).norm(dim=-1), torch.tensor([1.0, 1.0, 0.3]), atol=1e-5)


def test_standing_people_do_not_reach_into_themselves(body, rig):
    capsules = build_capsules(body)
    arms_down = _posed(rig, left_shoulder=(0.0, 0.0, -1.2), right_shoulder=(0.0, 0.0, 1.2))
    zero = torch.zeros(1, rig.shape_size)
    assert penetration(capsules, _posed(rig), zero) == 0
    assert penetration(capsules, arms_down, zero) < 0.005


def test_an_arm_through_the_chest_is_found_and_named(body, rig):
    capsules = build_capsules(body)
    through = _posed(rig, left_shoulder=(0.0, 0.0, -2.3))
    found = overlaps(capsules, through, torch.zeros(1, rig.shape_size))
    assert found.depth[0, 0] > 0.05
    carriers = {SMPL_JOINTS[found.first_joint[0, 0]], SMPL_JOINTS[found.second_joint[0, 0]]}
    assert carriers & {"left_shoulder", "left_elbow", "left_wrist"}


def test_radii_are_those_of_a_body(body):
    capsules = build_capsules(body)
    radius = dict(zip(capsules.layout.names, capsules.radii[0].exp().tolist(), strict=True))
    assert 0.04 < radius["left_thigh"] < 0.1
    assert 0.015 < radius["left_forearm"] < 0.05
    assert radius["chest"] > radius["left_thigh"] > radius["left_shin"]
