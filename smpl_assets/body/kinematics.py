"""Forward kinematics and linear blend skinning, shared by body models, rigs and stick figures."""

from __future__ import annotations

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from smpl_assets.body.protocol import SMPL_PARENTS

VERTICES_AT_ONCE = 1024
PARENTS = torch.tensor([0, *SMPL_PARENTS[1:]])  # the root is its own


def _depths() -> tuple[tuple[int, int], ...]:
    """(first, end) of each depth below the root: SMPL numbers its joints by depth."""
    depth = [0]
    for parent in SMPL_PARENTS[1:]:
        depth.append(depth[parent] + 1)
    starts = [depth.index(d) for d in range(1, max(depth) + 1)]
    return tuple(pairwise([*starts, len(depth)]))


_DEPTHS = _depths()


def rotate(a: Float[Tensor, "... 3 3"], v: Float[Tensor, "... 3"]) -> Float[Tensor, "... 3"]:
    """A @ v of many small matrices."""
    return a[..., 0] * v[..., 0:1] + a[..., 1] * v[..., 1:2] + a[..., 2] * v[..., 2:3]


def forward_kinematics(
    global_orient: Float[Tensor, "batch 3 3"],
    body_pose: Float[Tensor, "batch 23 3 3"],
    offsets: Float[Tensor, "batch 24 3"],
    transl: Float[Tensor, "batch 3"],
) -> tuple[Float[Tensor, "batch 24 3 3"], Float[Tensor, "batch 24 3"]]:
    """Global rotations and joint positions, differentiable.

    offsets: (B, 24, 3) each joint relative to its parent in the T-pose, metres; the root's is not used.
    transl: (B, 3) where the root goes.
    """
    parents = PARENTS.to(transl.device)
    rotations, joints = [global_orient[:, None]], [transl[:, None]]
    for first, end in _DEPTHS:
        above, where = (torch.cat(known, 1).index_select(1, parents[first:end]) for known in (rotations, joints))
        rotations.append(above @ body_pose[:, first - 1 : end - 1])
        joints.append(where + (above @ offsets[:, first:end, :, None])[..., 0])
    return torch.cat(rotations, 1), torch.cat(joints, 1)


def skin(
    rest: Float[Tensor, "batch vertices 3"], weights: Float[Tensor, "vertices bones"], bones: Float[Tensor, "batch bones 3 4"]
) -> Float[Tensor, "batch vertices 3"]:
    """Linear blend skinning: vertices moved by the weighted mean of their bones' transforms (rest pose -> camera frame)."""
    flat = bones.permute(1, 0, 2, 3).reshape(bones.shape[1], -1)
    if torch.is_grad_enabled() or rest.device.type != "cpu":
        return _skin_part(rest, weights, flat)
    # All blended matrices together leave a CPU's cache; a thousand vertices' do not.
    parts = zip(rest.split(VERTICES_AT_ONCE, dim=1), weights.split(VERTICES_AT_ONCE), strict=True)
    return torch.cat([_skin_part(*part, flat) for part in parts], dim=1)


def _skin_part(
    rest: Float[Tensor, "batch vertices 3"], weights: Float[Tensor, "vertices bones"], flat: Float[Tensor, "bones twelves"]
) -> Float[Tensor, "batch vertices 3"]:
    blended = (weights @ flat).reshape(len(weights), len(rest), 3, 4).transpose(0, 1)
    return rotate(blended[..., :3], rest) + blended[..., 3]
