import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from smpl_assets.body.protocol import SMPL_JOINTS
from smpl_assets.poses import limits
from smpl_assets.poses.postures import body_pose_from_angles, parse_posture
from smpl_assets.rotations import axis_angle_from_matrix, flip_body_pose, uniform_rotations

T_POSE = torch.eye(3).repeat(1, 23, 1, 1)


def _random_pose(seed: int, n: int = 64) -> torch.Tensor:
    return uniform_rotations(n * 23, torch.Generator().manual_seed(seed)).reshape(n, 23, 3, 3)


def _pose(text: str) -> torch.Tensor:
    return body_pose_from_angles(parse_posture(text)[None])


def test_the_t_pose_is_within_limits():
    assert limits.excess(T_POSE).max() < 1e-5


@pytest.mark.parametrize(
    "text",
    [
        "knee 140",
        "elbow 150 0",
        "hip 120 10 0; knee 130",
        "shoulder 178 60 0",
        "shoulder 10 0 0",
        "hip 20 80 20",
        "spine 90 0 0",
        "neck 0 0 70",
    ],
)
def test_what_people_can_do_is_within_limits(text):
    assert torch.rad2deg(limits.excess(_pose(text)).max()) < 0.5


@pytest.mark.parametrize(
    ("text", "joint"),
    [
        ("knee -40", "left_knee"),
        ("elbow_r -40 0", "right_elbow"),
        ("hip_l -100 0 0", "left_hip"),
        ("neck 0 0 200", "neck"),
        ("spine 170 0 0", "spine1"),
        ("ankle 110 0", "right_ankle"),
        ("shoulder_l 90 -120 0", "left_shoulder"),
    ],
)
def test_what_nobody_can_do_is_beyond(text, joint):
    assert torch.rad2deg(limits.excess(_pose(text))[0, SMPL_JOINTS.index(joint) - 1]) > 10


def test_a_knee_bent_backwards_by_40_degrees_is_30_beyond():
    over = torch.rad2deg(limits.excess(_pose("knee -40"))[0, SMPL_JOINTS.index("left_knee") - 1])
    assert abs(over - 30) < 0.1


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_clamping_brings_any_pose_within_limits(seed):
    clamped = limits.clamp(_random_pose(seed))
    assert limits.excess(clamped).max() < 2e-3
    assert torch.allclose(torch.linalg.det(clamped), torch.ones(64, 23), atol=1e-4)


def test_clamping_keeps_what_is_within():
    pose = limits.clamp(_random_pose(1))
    assert axis_angle_from_matrix(limits.clamp(pose).transpose(-1, -2) @ pose).norm(dim=-1).max() < 5e-3


def test_left_and_right_have_the_same_limits():
    pose = _random_pose(2)
    flip = [SMPL_JOINTS.index(j.replace("left", "x").replace("right", "left").replace("x", "right")) - 1 for j in SMPL_JOINTS[1:]]
    assert torch.allclose(limits.excess(flip_body_pose(pose))[:, flip], limits.excess(pose), atol=1e-3)


def _penalty(pose):
    return limits.excess(pose).square().sum(-1)


def test_the_penalty_pulls_back():
    pose = _pose("knee -60; elbow -60 0").requires_grad_()
    value = _penalty(pose)
    (gradient,) = torch.autograd.grad(value.sum(), pose)
    assert torch.isfinite(gradient).all()
    assert _penalty(pose - 0.05 * gradient).item() < value.item()


def test_gradients_at_the_t_pose_are_finite():
    pose = T_POSE.clone().requires_grad_()
    _penalty(pose).sum().backward()
    assert torch.isfinite(pose.grad).all()


def test_swing_and_twist_make_the_rotation():
    """A swing of 30 degrees about x and a twist of 20 about y, at the neck."""
    from smpl_assets.rotations import rotation_about

    pose = T_POSE.clone()
    angle = torch.deg2rad(torch.tensor([30.0, 20.0]))
    neck = SMPL_JOINTS.index("neck") - 1
    pose[0, neck] = rotation_about("x", angle[0]) @ rotation_about("y", angle[1])
    swing, twist = limits.swing_twist(pose)
    assert torch.allclose(torch.rad2deg(swing[0, neck]), torch.tensor([30.0, 0.0]), atol=1e-2)
    assert abs(torch.rad2deg(twist[0, neck]) - 20) < 1e-2
