"""Movements, actions and clips in time."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from smpl_assets.body.pose import BodyParameters, BodyPose
from smpl_assets.body.protocol import SMPL_JOINTS
from smpl_assets.motion.action import Action, Performer
from smpl_assets.motion.clips import cycle_at, movement_of, rotations
from smpl_assets.motion.contact import grounded
from smpl_assets.motion.gait import walking
from smpl_assets.motion.keys import KeyPoses
from smpl_assets.motion.played import Player
from smpl_assets.motion.rig import Bones
from smpl_assets.motion.track import Track
from smpl_assets.motion.walker import Manner, Walker
from smpl_assets.poses.clips import Clip
from smpl_assets.rotations import rotation_about

STILL = Manner(np.zeros((23, 3)), None, 0.1)
FEET = [SMPL_JOINTS.index(f"{s}_{n}") for s in ("left", "right") for n in ("ankle", "foot")]


def angle(a: torch.Tensor, b: torch.Tensor) -> float:
    """The largest angle between rotations, rad."""
    cosine = (torch.einsum("...ij,...ij->...", a.double(), b.double()) - 1) / 2
    return float(torch.arccos(cosine.clamp(-1, 1)).max())


@pytest.mark.parametrize(("label", "first"), [("walking", 0.0), ("running", 0.86)])
def test_a_movement_passes_its_key_postures_and_closes(label: str, first: float) -> None:
    keys = rotations(movement_of(label).phases)
    count = len(keys) if movement_of(label).cyclic else 2 * len(keys)
    phases = first + np.arange(len(keys)) / count
    assert angle(cycle_at(label, phases), keys) < 0.45  # corners are rounded
    assert angle(cycle_at(label, phases), cycle_at(label, phases + 3)) < 1e-3
    fine = cycle_at(label, np.linspace(0, 1, 400))
    assert angle(fine[1:], fine[:-1]) < 0.05


def stopped(bones: Bones) -> Walker:
    """Somebody who walks along x, stands from 2 s to 4 s, and walks on."""
    gait = walking(1.3, bones.stature)
    times = np.arange(0, 6, 1 / 60)
    speed = gait.speed * np.clip(np.abs(times - 3) - 1, 0, 1)
    place = np.stack([np.cumsum(speed) / 60, 0 * times], axis=1)
    return Walker(bones, gait, Track(times, place, np.full(len(times), np.pi / 2), speed), STILL)


def test_an_action_leaves_and_meets_the_walk_and_reaches_its_pose(bones: list[Bones]) -> None:
    walker = stopped(bones[0])
    squat = rotations(movement_of("crouching").phases[:1]).double().numpy()
    performer = Performer(walker, Action(squat, "crouching"), 2.0, 4.0)
    ends = np.array([1.0, 1.999, 2.001, 3.999, 4.001, 5.0])
    own, acted = walker.poses(ends), performer.poses(ends)
    assert np.abs(own.rotations - acted.rotations).max() < 0.01
    assert np.abs(own.place - acted.place).max() < 0.01
    middle = performer.poses(np.array([3.0]))
    assert np.abs(middle.rotations[0, 1:] - squat[0, 1:]).max() < 1e-6
    assert middle.place[0, 1] < own.place[0, 1] - 0.3


def test_who_crouches_on_the_spot_keeps_the_feet_there(bones: list[Bones]) -> None:
    walker = stopped(bones[0])
    crouch = rotations(movement_of("crouching").phases[:1]).double().numpy()
    performer = Performer(walker, Action(crouch, "crouching"), 2.0, 4.0)
    joints = performer.poses(np.arange(2.5, 3.5, 1 / 60)).joints(bones[0])  # after the feet came together
    toes = joints[:, [SMPL_JOINTS.index("left_foot"), SMPL_JOINTS.index("right_foot")]].mean(axis=1)[:, [0, 2]]
    assert np.ptp(toes, axis=0).max() < 0.03
    assert np.abs(joints[:, FEET, 1].min(axis=1) - 0.035).max() < 0.03


def test_what_rests_on_the_ground_stays_there_and_what_does_not_moves_the_body(bones: list[Bones]) -> None:
    joints = np.full((3, 24, 3), 1.0)
    hand = SMPL_JOINTS.index("left_hand")
    joints[:, hand] = [[0.0, -0.5, 0.0], [0.1, -0.5, 0.0], [0.1, -0.5, 0.2]]
    place = grounded(joints, bones[0].ankle)
    assert place[:, [0, 2]] == pytest.approx(np.array([[0, 0], [-0.1, 0], [-0.1, -0.2]]), abs=1e-6)
    assert place[:, 1] == pytest.approx(0.53)


def test_a_clip_is_played_to_and_fro_turned_and_put_in_place(bones: list[Bones]) -> None:
    frames = 7
    root = rotation_about("y", torch.linspace(0, 0.6, frames))
    pose = torch.eye(3).repeat(frames, 23, 1, 1)
    knee = SMPL_JOINTS.index("left_knee") - 1
    pose[:, knee] = rotation_about("x", torch.linspace(0, 1.2, frames))
    player = Player(bones[0], Clip("c", pose, root), 10.0, 0.5, 2.0, 0.3, np.array([1.0, -0.5]), (0.0, 2.0))
    poses = player.poses(np.array([0.0, 0.4, 0.6, 0.3]))
    for row, frame in enumerate((2, 6, 4)):
        assert np.abs(poses.rotations[row, 1 + knee] - pose[frame, knee].numpy()).max() < 1e-6
        turned = rotation_about("y", torch.tensor(0.5)) @ root[frame]
        assert np.abs(poses.rotations[row, 0] - turned.numpy()).max() < 1e-6
    assert poses.place[3, [0, 2]] == pytest.approx([1.0, -0.5], abs=1e-6)


def test_bodies_seen_by_a_camera_stand_upright_in_the_world_and_face_it() -> None:
    turn = rotation_about("y", torch.tensor([0.7]))
    seen = torch.diag(torch.tensor([1.0, -1.0, -1.0])) @ turn
    body = BodyPose(seen, torch.eye(3).expand(1, 23, 3, 3), torch.zeros(1, 12), torch.zeros(1, 3)).to_axis_angle()
    keys = KeyPoses.fitted(BodyParameters(*(np.asarray(v) for v in vars(body).values())), ("rare/3",))
    assert np.abs(keys.rotations[0, 0] - np.eye(3)).max() < 1e-6
    action = keys.drawn(np.random.default_rng(0))
    assert action.name == "rare/3"
    assert action.keys[0, 0, :, 1] == pytest.approx([0, 1, 0], abs=1e-6)
