"""Poses of the pool that are near a posture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from smpl_assets.body.kinematics import ADULT_OFFSETS, stick_joints
from smpl_assets.poses.pool import PosePool
from smpl_assets.poses.settings import PoolSettings
from smpl_assets.rotations import axis_angle_from_matrix, flip_body_pose
from smpl_assets.seeds import derive_seed

POSES = 8192
NEAREST = 24  # of a posture's neighbours, some are tried
NEAR_M = (
    0.15  # a neighbour farther away (root mean square over the joints) is met on the way: rare poses are rare in the pool too
)


@dataclass(frozen=True)
class PoolNeighbours:
    """Poses of a pool, mirror images behind them: rotations (2P, 23, 3, 3), stick joints (2P, 24, 3) m, labels (P,)."""

    body_pose: Float[Tensor, "poses 23 3 3"]
    joints: Float[Tensor, "poses 24 3"]
    labels: tuple[str, ...]

    def towards(
        self, body_pose: Float[Tensor, "23 3 3"], draws: int, rng: np.random.Generator
    ) -> tuple[Float[Tensor, "draws 23 3"], list[str]]:
        """Turns (rad, after each joint's own) from a posture to different poses near it, NEAR_M far at most, and their labels.

        Postures are compared by the places of their joints as seen from the pelvis, on one and the same stick figure.
        """
        own, joints = stick_joints(body_pose[None], offsets=ADULT_OFFSETS).flatten(), self.joints.flatten(1)
        squared = (joints.square().sum(1) - 2 * joints @ own + own.square().sum()) / len(self.joints[0])
        distance = squared.clamp(min=0).sqrt()
        nearest = distance.topk(NEAREST, largest=False).indices[rng.choice(NEAREST, draws, replace=False)]
        turns = axis_angle_from_matrix(body_pose.transpose(-1, -2) @ self.body_pose[nearest])
        part = (NEAR_M / distance[nearest].clamp(min=1e-6)).clamp(max=1.0)
        return part[:, None, None] * turns, [self.labels[i % len(self.labels)] for i in nearest.tolist()]


@lru_cache(maxsize=2)
def draw_neighbours(pool: PoolSettings, seed: int) -> PoolNeighbours:
    """POSES of the pool, the same for a whole run (drawn once a process); labels are `usual/walking`, `amass/CLIP`, ..."""
    sample = PosePool(pool).sample(POSES, derive_seed(seed, "neighbours"))
    both = torch.cat([sample.body_pose, flip_body_pose(sample.body_pose)])
    return PoolNeighbours(both, stick_joints(both, offsets=ADULT_OFFSETS), sample.names)
