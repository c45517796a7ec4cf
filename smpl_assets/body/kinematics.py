"""Forward kinematics of SMPL's 24 joints, shared by the body models."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from smpl_assets.body.protocol import SMPL_PARENTS


def _levels() -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    depth = [0]
    for joint in range(1, len(SMPL_PARENTS)):
        depth.append(depth[SMPL_PARENTS[joint]] + 1)
    levels = []
    for level in range(1, max(depth) + 1):
        joints = tuple(j for j, d in enumerate(depth) if d == level)
        levels.append((joints, tuple(SMPL_PARENTS[j] for j in joints)))
    return tuple(levels)


_LEVELS = _levels()


def forward_kinematics(
    global_orient: Float[Tensor, "batch 3 3"],
    body_pose: Float[Tensor, "batch 23 3 3"],
    offsets: Float[Tensor, "batch 24 3"],
    transl: Float[Tensor, "batch 3"],
) -> tuple[Float[Tensor, "batch 24 3 3"], Float[Tensor, "batch 24 3"]]:
    """Global rotations and joint positions.

    offsets: (B, 24, 3) each joint relative to its parent in the T-pose, metres; the root's is not used.
    transl: (B, 3) where the root goes.
    """
    rotations: list[Tensor] = [global_orient] * len(SMPL_PARENTS)
    positions: list[Tensor] = [transl] * len(SMPL_PARENTS)
    for joints, parents in _LEVELS:
        above = torch.stack([rotations[p] for p in parents], 1)
        index = [j - 1 for j in joints]
        below = above @ body_pose[:, index]
        moved = (above @ offsets[:, list(joints), :, None])[..., 0]
        for i, (joint, parent) in enumerate(zip(joints, parents, strict=True)):
            rotations[joint] = below[:, i]
            positions[joint] = positions[parent] + moved[:, i]
    return torch.stack(rotations, 1), torch.stack(positions, 1)
