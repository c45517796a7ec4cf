"""Self-intersection of a body drawn as capsules around its bones: cheap, differentiable, needs no mesh."""

from __future__ import annotations

import itertools

import torch
from jaxtyping import Float
from torch import Tensor

from smpl_assets.body.protocol import SMPL_JOINTS

_Mix = dict[str, float]
_SIDES = ("left", "right")
# name -> (start, end, radius): points as mixes of joints, radius as a share of the thigh's length. Radii are those of the default
# body's skin, less what flesh gives way.
_CAPSULES: dict[str, tuple[_Mix, _Mix, float]] = {
    "hips": ({"left_hip": 0.8, "right_hip": 0.2}, {"left_hip": 0.2, "right_hip": 0.8}, 0.26),
    "belly": ({"pelvis": 1.0}, {"spine2": 1.0}, 0.27),
    "chest": ({"left_shoulder": 0.45, "spine2": 0.55}, {"right_shoulder": 0.45, "spine2": 0.55}, 0.25),
    "head": ({"neck": 0.5, "head": 0.5}, {"head": 1.9, "neck": -0.9}, 0.21),
    **{
        f"{s}_{name}": ({f"{s}_{a}": 1.0}, {f"{s}_{b}": 1.0 + stretch, f"{s}_{a}": -stretch}, radius)
        for s in _SIDES
        for name, a, b, stretch, radius in (
            ("upper_arm", "shoulder", "elbow", 0.0, 0.1),
            ("forearm", "elbow", "wrist", 0.0, 0.075),
            ("hand", "wrist", "hand", 0.6, 0.07),
            ("thigh", "hip", "knee", 0.0, 0.16),
            ("shank", "knee", "ankle", 0.0, 0.1),
            ("foot", "ankle", "foot", 0.2, 0.075),
        )
    },
}
_TRUNK = ("hips", "belly", "chest")
# Bones that touch in every posture.
_NEIGHBOURS = {
    *itertools.combinations(_TRUNK, 2),
    *((part, "head") for part in _TRUNK),
    *((part, f"{s}_upper_arm") for part in ("belly", "chest", "head") for s in _SIDES),
    *((part, f"{s}_thigh") for part in _TRUNK for s in _SIDES),
    *((f"{s}_{a}", f"{s}_{b}") for s in _SIDES for a, b in itertools.pairwise(("upper_arm", "forearm", "hand"))),
    *((f"{s}_{a}", f"{s}_{b}") for s in _SIDES for a, b in itertools.pairwise(("thigh", "shank", "foot"))),
    *((f"{s}_upper_arm", f"{s}_hand") for s in _SIDES),
    ("left_thigh", "right_thigh"),
}
_NAMES = tuple(_CAPSULES)
PAIRS = tuple(p for p in itertools.combinations(_NAMES, 2) if p not in _NEIGHBOURS and p[::-1] not in _NEIGHBOURS)
_FIRST = [_NAMES.index(a) for a, _ in PAIRS]
_SECOND = [_NAMES.index(b) for _, b in PAIRS]


def _mixes(end: int) -> Tensor:
    table = torch.zeros(len(_NAMES), len(SMPL_JOINTS))
    for row, name in enumerate(_NAMES):
        for joint, share in _CAPSULES[name][end].items():  # type: ignore[union-attr]
            table[row, SMPL_JOINTS.index(joint)] += share
    return table


_START, _END = _mixes(0), _mixes(1)


def pair_depths(joints: Float[Tensor, "batch 24 3"]) -> Float[Tensor, "batch pairs"]:
    """How deep (m, 0 where apart) each of PAIRS goes into each other; radii scale with the thighs' length."""
    start, end = _START.to(joints) @ joints, _END.to(joints) @ joints
    thigh = (joints[:, [1, 2]] - joints[:, [4, 5]]).norm(dim=-1).mean(1)
    radius = joints.new_tensor([_CAPSULES[n][2] for n in _NAMES])
    reach = thigh[:, None] * (radius[_FIRST] + radius[_SECOND])
    distance = segment_distance(start[:, _FIRST], end[:, _FIRST], start[:, _SECOND], end[:, _SECOND])
    return (reach - distance).clamp(min=0.0)


def penetration(joints: Float[Tensor, "batch 24 3"]) -> Float[Tensor, " batch"]:
    """The deepest self-intersection (m)."""
    return pair_depths(joints).amax(1)


def segment_distance(
    p: Float[Tensor, "*batch 3"], q: Float[Tensor, "*batch 3"], r: Float[Tensor, "*batch 3"], s: Float[Tensor, "*batch 3"]
) -> Float[Tensor, "*batch"]:
    """Distance between the segments p-q and r-s (Ericson, Real-Time Collision Detection, 5.1.9)."""
    u, v, w = q - p, s - r, p - r
    a, e, f = (u * u).sum(-1), (v * v).sum(-1), (v * w).sum(-1)
    b, c = (u * v).sum(-1), (u * w).sum(-1)
    t_first = ((b * f - c * e) / (a * e - b * b).clamp(min=1e-9)).clamp(0, 1)
    t_second = ((b * t_first + f) / e.clamp(min=1e-9)).clamp(0, 1)
    t_first = ((b * t_second - c) / a.clamp(min=1e-9)).clamp(0, 1)
    gap = w + t_first[..., None] * u - t_second[..., None] * v
    return (gap.square().sum(-1) + 1e-12).sqrt()
