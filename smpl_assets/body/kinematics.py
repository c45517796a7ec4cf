"""Forward kinematics and linear blend skinning, shared by the body models."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

# SMPL numbers its joints by depth: (first, end) of each depth below the root.
VERTICES_AT_ONCE = 1024
_DEPTHS = ((1, 4), (4, 7), (7, 10), (10, 15), (15, 18), (18, 20), (20, 22), (22, 24))


def rotate(a: Float[Tensor, "... 3 3"], v: Float[Tensor, "... 3"]) -> Float[Tensor, "... 3"]:
    """A @ v of many small matrices."""
    return a[..., 0] * v[..., 0:1] + a[..., 1] * v[..., 1:2] + a[..., 2] * v[..., 2:3]


def _parents(above: Tensor, first: int) -> Tensor:
    """The parents of the depth that starts at joint `first`, from the values of the depth above (B, k, ...)."""
    if first == 1:
        return above.expand(-1, 3, *above.shape[2:])
    if first == 10:  # feet, then neck and collars on spine3
        return torch.cat([above, above[:, 2:], above[:, 2:]], dim=1)
    if first == 15:  # head and shoulders
        return above[:, 2:]
    if first == 18:  # elbows
        return above[:, 1:]
    return above


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
    rotations, positions = [global_orient[:, None]], [transl[:, None]]
    for first, end in _DEPTHS:
        above = _parents(rotations[-1], first)
        rotations.append(above @ body_pose[:, first - 1 : end - 1])
        positions.append(_parents(positions[-1], first) + rotate(above, offsets[:, first:end]))
    return torch.cat(rotations, 1), torch.cat(positions, 1)


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
