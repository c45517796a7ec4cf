import pytest
import torch

from smpl_assets.body.kinematics import stick_joints
from smpl_assets.body.protocol import SMPL_JOINTS
from smpl_assets.errors import InputError
from smpl_assets.poses.postures import (
    ANGLE_COUNT,
    ANGLES,
    body_pose_from_angles,
    mirror_angles,
    movements,
    parse_posture,
    root_from_angles,
)
from smpl_assets.rotations import flip_body_pose, flip_rotation


def _direction(text: str, start: str, end: str) -> torch.Tensor:
    joints = stick_joints(body_pose_from_angles(parse_posture(text)[None]))[0]
    bone = joints[SMPL_JOINTS.index(end)] - joints[SMPL_JOINTS.index(start)]
    return bone / bone.norm()


@pytest.mark.parametrize(
    ("text", "start", "end", "expected"),
    [
        ("", "left_shoulder", "left_elbow", (0, -1, 0)),
        ("", "right_shoulder", "right_elbow", (0, -1, 0)),
        ("shoulder 90 0 0", "left_shoulder", "left_elbow", (1, 0, 0)),
        ("shoulder 90 0 0", "right_shoulder", "right_elbow", (-1, 0, 0)),
        ("shoulder 90 90 0", "left_shoulder", "left_elbow", (0, 0, 1)),
        ("shoulder 180 0 0; collar 20 0", "right_shoulder", "right_elbow", (0, 1, 0)),
        ("elbow 90 0", "left_elbow", "left_wrist", (0, 0, 1)),
        ("shoulder 90 90 0; elbow 90 0", "right_elbow", "right_wrist", (0, 1, 0)),
        ("hip 90 0 0", "left_hip", "left_knee", (0, 0, 1)),
        ("hip 0 90 0", "right_hip", "right_knee", (-1, 0, 0)),
        ("knee 90", "left_knee", "left_ankle", (0, 0, -1)),
        ("spine 90 0 0", "neck", "head", (0, 0, 1)),
        ("spine 0 90 0", "spine3", "neck", (1, 0, 0)),
    ],
)
def test_angles_mean_what_they_are_called(text, start, end, expected):
    found = _direction(text, start, end)
    angle = torch.rad2deg(torch.acos((found * torch.tensor(expected, dtype=torch.float32)).sum().clamp(-1, 1)))
    assert angle < 42 if end == "head" else angle < 14  # SMPL's T-pose bones are not exactly along the axes


def test_root_angles():
    prone = root_from_angles(parse_posture("root 90 0")[None], torch.zeros(1))[0]
    assert torch.allclose(prone @ torch.tensor([0.0, 0.0, 1.0]), torch.tensor([0.0, -1.0, 0.0]), atol=1e-6)
    left_side = root_from_angles(parse_posture("root 0 90")[None], torch.zeros(1))[0]
    assert torch.allclose(left_side @ torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, -1.0, 0.0]), atol=1e-6)


def test_mirrored_angles_are_the_mirrored_pose():
    angles = torch.randn(20, ANGLE_COUNT, generator=torch.Generator().manual_seed(0)) * 30
    mirrored = mirror_angles(angles)
    assert torch.allclose(body_pose_from_angles(mirrored), flip_body_pose(body_pose_from_angles(angles)), atol=1e-5)
    zero = torch.zeros(20)
    assert torch.allclose(root_from_angles(mirrored, zero), flip_rotation(root_from_angles(angles, zero)), atol=1e-5)
    assert torch.equal(mirror_angles(mirrored), angles)


def test_later_parts_win_and_sides_are_sides():
    angles = parse_posture("knee 10; knee_l 50")
    assert angles[ANGLES["left_knee"]].item() == 50
    assert angles[ANGLES["right_knee"]].item() == 10


@pytest.mark.parametrize("text", ["nee 10", "knee 10 20", "hip_x 1 2 3", "spine_l 1 2 3"])
def test_a_mistake_in_a_posture_is_named(text):
    with pytest.raises(InputError, match=text.split()[0]):
        parse_posture(text)


def test_every_kind_of_posture_that_was_asked_for_is_there():
    usual, extreme = ({m.label for m in movements()[k]} for k in ("usual", "extreme"))
    assert {"standing", "walking", "running", "sitting", "reaching up", "reaching down"} <= usual
    wanted = {"squat", "lunge", "front split", "side split", "bridge", "handstand", "somersault", "crawling", "lying on the back",
              "swimming", "climbing", "martial arts", "dance"}  # fmt: skip
    assert wanted <= extreme
