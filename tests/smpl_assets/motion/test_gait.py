"""Feet that stay where they are put."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from smpl_assets.body.pose import BodyPose
from smpl_assets.body.protocol import SMPL_JOINTS, BodyModel
from smpl_assets.motion.gait import Gait, Steps, running, walking
from smpl_assets.motion.rig import SHOE_M, Bones
from smpl_assets.motion.walker import Manner, Poses, Walker
from smpl_assets.poses.limits import excess
from tests.smpl_assets.motion.conftest import SHAPES, steady

STILL = Manner(np.zeros((23, 3)), None, 0.1)
SKATING_M = 0.03
TOUCHING_M = 0.005
GAITS = [(walking, 0.62), (walking, 0.9), (running, 1.5), (running, 2.4)]
Maker = Callable[[float, float], Gait]


def soles(body: BodyModel, shape: np.ndarray, poses: Poses) -> dict[str, np.ndarray]:
    """Vertices (n, V, 3) of each foot in the world, m."""
    turns = torch.from_numpy(poses.rotations).float()
    count = len(turns)
    pose = BodyPose(
        turns[:, 0], turns[:, 1:], torch.from_numpy(shape).float().expand(count, -1), torch.from_numpy(poses.place).float()
    )
    with torch.inference_mode():
        vertices = body(pose).vertices.numpy()
    weights = body.joint_weights.numpy()  # type: ignore[attr-defined]  # AnnyBody's
    return {
        side: vertices[:, weights[:, [SMPL_JOINTS.index(f"{side}_{j}") for j in ("ankle", "foot")]].sum(axis=1) > 0.6]
        for side in ("left", "right")
    }


def slips(vertices: np.ndarray) -> list[float]:
    """How far (m) the part of a foot on the ground moves over it, for each time that it is there."""
    down = vertices[..., 1] < TOUCHING_M + SHOE_M
    found, slid = [], np.zeros(2)
    for before, after, on, still_on in zip(vertices, vertices[1:], down, down[1:], strict=False):
        both = on & still_on
        if both.any():
            slid = slid + (after[both] - before[both])[:, [0, 2]].mean(axis=0)
        elif slid.any():
            found.append(float(np.linalg.norm(slid)))
            slid = np.zeros(2)
    return found


@pytest.mark.parametrize(("make", "own"), GAITS)
@pytest.mark.parametrize("turning", [0.0, 0.8])
def test_feet_on_the_ground_do_not_skate(anny: BodyModel, bones: list[Bones], make: Maker, own: float, turning: float) -> None:
    for rig, shape in zip(bones, SHAPES, strict=True):
        gait = make(own * rig.stature, rig.stature)
        walker = Walker(rig, gait, steady(gait, turning), STILL)
        cycle = gait.stride / gait.speed
        times = np.arange(2.0, 2.0 + 2.2 * cycle, 1 / 90)
        feet = soles(anny, shape, walker.poses(times))
        found = [slip for side in feet.values() for slip in slips(side)]
        assert len(found) >= 2
        assert max(found) < SKATING_M
        assert min(float(side[..., 1].min()) for side in feet.values()) > 0  # the shoe, SHOE_M thick, gives way


@pytest.mark.parametrize(("make", "own"), GAITS)
def test_strides_are_as_long_as_the_speed_says(bones: list[Bones], make: Maker, own: float) -> None:
    rig = bones[0]
    gait = make(own * rig.stature, rig.stature)
    steps = Steps(gait, steady(gait, 0.0), rig, 0.0)
    times = np.arange(1.0, 4.0, 1 / 240)
    foot = steps.foot("left", times)
    places = np.unique(np.round(foot.ankle[foot.planted & (np.abs(foot.pitch) < 1e-3)][:, [0, 2]], 4), axis=0)
    apart = np.linalg.norm(np.diff(places, axis=0), axis=1)
    assert apart[apart > 0.1] == pytest.approx(gait.stride, abs=2e-3)
    assert np.mean(foot.planted) == pytest.approx(gait.duty, abs=0.08)
    assert gait.running == (gait.duty < 0.5)


@pytest.mark.parametrize(("make", "own"), GAITS)
def test_the_body_moves_at_the_speed_of_its_track_within_joint_limits(bones: list[Bones], make: Maker, own: float) -> None:
    rig = bones[1]
    gait = make(own * rig.stature, rig.stature)
    times = np.arange(1.0, 4.0, 1 / 60)
    poses = Walker(rig, gait, steady(gait, 0.3), STILL).poses(times)
    assert np.linalg.norm(np.diff(poses.place[:, [0, 2]], axis=0), axis=1).mean() * 60 == pytest.approx(gait.speed, rel=0.04)
    assert float(excess(torch.from_numpy(poses.rotations[:, 1:]).float()).max()) < 0.15
    assert np.abs(np.diff(poses.rotations, axis=0)).max() < 0.45  # nothing jumps
