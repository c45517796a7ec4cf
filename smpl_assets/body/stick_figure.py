"""A stick figure of average adult proportions in SMPL's T-pose: poses can be judged and drawn without loading a body model."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from smpl_assets.body.kinematics import forward_kinematics
from smpl_assets.body.protocol import SMPL_JOINTS

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
