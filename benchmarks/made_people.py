"""Whom the made set of `rare_gain_made.py` shows: postures that the pool does not draw, body shapes beyond the pipeline's.

A posture takes its legs from one draw of the pool and everything else from another one of the same kind. Rare people are upside
down, which is decided on the pose, before anything is rendered: the trunk, from the hips' middle to the shoulders', points to
the bottom of the image within 60 degrees. Usual people take everyday postures, their trunk within 60 degrees of the top.
"""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from smpl_assets.body.capsules import stick_penetration
from smpl_assets.body.kinematics import ADULT_OFFSETS, stick_joints
from smpl_assets.body.pose import BodyParameters, BodyPose
from smpl_assets.body.protocol import SMPL_JOINTS
from smpl_assets.poses.generator import PENETRATION_LIMIT_M
from smpl_assets.poses.pool import PosePool
from smpl_assets.poses.settings import PoolSettings
from smpl_assets.seeds import derive_seed, numpy_generator

Kind = Literal["usual", "rare"]
LEAST_COSINE = 0.5
SHAPE_MAGNITUDE = (1.0, 3.2)  # of each of its numbers; the pipeline draws N(0, 0.8), and 2.2 at most
_AT_ONCE, _DRAWN_FOR_ONE = 2048, 80  # one in six extreme postures is upside down
_POOL = PosePool(PoolSettings(sphere_share=0.0))
_LEGS = [i - 1 for i, name in enumerate(SMPL_JOINTS) if name.partition("_")[2] in ("hip", "knee", "ankle", "foot")]
_HIPS, _SHOULDERS = ([SMPL_JOINTS.index(f"{side}_{name}") for side in ("left", "right")] for name in ("hip", "shoulder"))


def trunk_up(joints: Float[Tensor, "people 24 3"]) -> Float[Tensor, " people"]:
    """Cosine of the angle between the trunk (hips to shoulders) and the image's up; joints in the camera frame, in m."""
    trunk = joints[:, _SHOULDERS].mean(1) - joints[:, _HIPS].mean(1)
    return -trunk[:, 1] / trunk.norm(dim=1)


def is_of(kind: Kind, up: Float[Tensor, " people"]) -> Tensor:
    """Which people (N,) a trunk's `trunk_up` lets be usual, or rare."""
    return up >= LEAST_COSINE if kind == "usual" else up <= -LEAST_COSINE


def draw_people(kind: Kind, count: int, seed: int, shape_size: int) -> BodyParameters:
    """`count` people of a kind with the pelvis at the origin of the camera frame; another seed gives other postures."""
    turns: list[BodyPose] = []
    while sum(map(len, turns)) < count:
        turns.append(_postures(kind, min(_AT_ONCE, _DRAWN_FOR_ONE * count), derive_seed(seed, kind, len(turns))))
    rng = numpy_generator(seed, kind, "shapes")
    shape = rng.uniform(*SHAPE_MAGNITUDE, (count, shape_size)) * rng.choice([-1.0, 1.0], (count, shape_size))
    orient, pose = (torch.cat([getattr(t, name) for t in turns])[:count] for name in ("global_orient", "body_pose"))
    return BodyPose(orient, pose, torch.from_numpy(shape).float(), torch.zeros(count, 3)).to_axis_angle()


def _postures(kind: Kind, draws: int, seed: int) -> BodyPose:
    """Those of so many draws that are of the kind and do not run into themselves."""
    everyday = float(kind == "usual")
    upper, lower = (_POOL.sample(draws, derive_seed(seed, half), everyday) for half in ("upper", "lower"))
    pose = upper.body_pose.clone()
    pose[:, _LEGS] = lower.body_pose[:, _LEGS]
    joints = stick_joints(pose, upper.global_orient, ADULT_OFFSETS)
    kept = is_of(kind, trunk_up(joints)) & (stick_penetration(joints) <= PENETRATION_LIMIT_M)
    empty = torch.zeros(int(kept.sum()), 0)
    return BodyPose(upper.global_orient[kept], pose[kept], empty, torch.zeros(len(empty), 3))
