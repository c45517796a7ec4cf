"""Forward kinematics and linear blend skinning, shared by body models, rigs and stick figures."""

from __future__ import annotations

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from smpl_assets.body.protocol import SMPL_JOINTS, SMPL_PARENTS

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


# Offsets (m) from the parent in the T-pose, left side, rounded from the rest joints of SMPL's neutral body that public SMPL tools
# print; a synthetic file with these joints is what the tests pose against.
MEAN: dict[str, tuple[float, float, float]] = {
    "pelvis": (0.0, 0.0, 0.0), "hip": (0.070, -0.091, -0.007), "knee": (0.036, -0.379, -0.007),
    "ankle": (-0.015, -0.398, -0.043), "foot": (0.026, -0.052, 0.121), "spine1": (0.0, 0.109, -0.027),
    "spine2": (0.0, 0.135, 0.001), "spine3": (0.0, 0.053, 0.025), "neck": (0.0, 0.214, -0.043), "head": (0.0, 0.065, 0.051),
    "collar": (0.080, 0.120, -0.036), "shoulder": (0.094, 0.032, -0.009), "elbow": (0.257, -0.013, -0.024),
    "wrist": (0.252, 0.008, -0.003), "hand": (0.084, -0.007, -0.013),
}  # fmt: skip


# The same of the default body's mean adult, whose hips and shoulders stand wider: what limbs have to keep away from.
_ADULT: dict[str, tuple[float, float, float]] = {
    "pelvis": (0.0, 0.0, 0.0), "hip": (0.111, -0.042, 0.004), "knee": (0.038, -0.389, -0.007),
    "ankle": (-0.017, -0.434, -0.047), "foot": (-0.008, -0.049, 0.147), "spine1": (0.0, 0.125, -0.012),
    "spine2": (0.0, 0.145, -0.008), "spine3": (0.0, 0.064, -0.004), "neck": (0.0, 0.184, 0.038), "head": (0.0, 0.098, 0.034),
    "collar": (0.023, 0.108, 0.053), "shoulder": (0.153, -0.021, -0.004), "elbow": (0.261, -0.014, -0.025),
    "wrist": (0.234, 0.007, -0.003), "hand": (0.105, -0.009, -0.016),
}  # fmt: skip


def _offsets(table: dict[str, tuple[float, float, float]]) -> Tensor:
    rows = []
    for joint in SMPL_JOINTS:
        side, _, stem = joint.partition("_")
        x, y, z = table[stem or side]
        rows.append((-x if side == "right" else x, y, z))
    return torch.tensor(rows)


MEAN_OFFSETS = _offsets(MEAN)
ADULT_OFFSETS = _offsets(_ADULT)


def stick_joints(
    body_pose: Float[Tensor, "batch 23 3 3"],
    global_orient: Float[Tensor, "batch 3 3"] | None = None,
    offsets: Float[Tensor, "24 3"] = MEAN_OFFSETS,
) -> Float[Tensor, "batch 24 3"]:
    """Joints (m) of the stick figure, pelvis at the origin, in the body frame or turned by `global_orient`.

    offsets: of its joints from their parents, m: MEAN_OFFSETS or ADULT_OFFSETS.
    """
    batch = len(body_pose)
    root = torch.eye(3).to(body_pose).expand(batch, 3, 3) if global_orient is None else global_orient
    return forward_kinematics(root, body_pose, offsets.to(body_pose).expand(batch, -1, -1), body_pose.new_zeros(batch, 3))[1]
