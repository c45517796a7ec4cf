"""Poses that people take once on their way: those that are rare in the data set, and the generator's extreme ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from smpl_assets.body.pose import BodyParameters, BodyPose
from smpl_assets.motion.action import Action
from smpl_assets.motion.legs import turn_y
from smpl_assets.poses.generator import generate
from smpl_assets.poses.postures import root_from_angles

EXTREME = 64
_UPRIGHT = np.diag([1.0, -1.0, -1.0])  # camera frame to world, of a camera that looks level
_LYING = 0.9  # from this height of its front's direction on, a body's heading is that of its head


@dataclass(frozen=True)
class KeyPoses:
    """N poses. rotations: (N, 24, 3, 3), the root's in a world whose y is up, facing +z; names: of each."""

    rotations: Float[np.ndarray, "poses 24 3 3"]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def drawn(self, rng: np.random.Generator) -> Action:
        """One of them as an action, turned about the vertical by up to a quarter turn."""
        row = int(rng.integers(len(self)))
        keys = self.rotations[row : row + 1].copy()
        keys[:, 0] = turn_y(rng.uniform(-np.pi / 2, np.pi / 2, 1)) @ keys[:, 0]
        return Action(keys, self.names[row])

    @classmethod
    def extreme(cls, seed: int) -> KeyPoses:
        """The generator's."""
        made = generate("extreme", EXTREME, seed)
        root = root_from_angles(made.angles, torch.zeros(EXTREME))
        turns = torch.cat([root[:, None], made.body_pose], dim=1).double().numpy()
        return cls(turns, tuple(f"extreme/{label}" for label in made.labels))

    @classmethod
    def fitted(cls, bodies: BodyParameters, names: tuple[str, ...]) -> KeyPoses:
        """Bodies that were fitted to photographs, whose cameras are taken to have looked level."""
        pose = BodyPose.from_axis_angle(bodies)
        turns = torch.cat([pose.global_orient[:, None], pose.body_pose], dim=1).double().numpy()
        turns[:, 0] = _UPRIGHT @ turns[:, 0]
        front, up = turns[:, 0, :, 2], turns[:, 0, :, 1]
        ahead = np.where((np.abs(front[:, 1]) > _LYING)[:, None], up, front)
        turns[:, 0] = turn_y(-np.arctan2(ahead[:, 0], ahead[:, 2])) @ turns[:, 0]
        return cls(turns, names)

    def joined(self, other: KeyPoses) -> KeyPoses:
        """These and others."""
        return KeyPoses(np.concatenate([self.rotations, other.rotations]), self.names + other.names)
