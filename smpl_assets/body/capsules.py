"""Bodies as capsules around their bones: how far two of them reach into each other, cheaply, differentiably, without a mesh."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from smpl_assets.body.protocol import SMPL_JOINTS

End = tuple[str, str, float]  # a joint, the joint it goes towards, how far (1: there)
SIDES = ("left", "right")
_TRUNK = ("hips", "belly", "chest")
_ARM, _LEG = ("upper_arm", "forearm", "hand"), ("thigh", "shin", "sole")
# Capsules that touch in every posture.
TOUCHING = {
    *itertools.combinations((*_TRUNK, "head"), 2),
    *((part, f"{s}_upper_arm") for part in ("belly", "chest", "head") for s in SIDES),
    *((part, f"{s}_thigh") for part in _TRUNK for s in SIDES),
    *((f"{s}_{a}", f"{s}_{b}") for s in SIDES for a, b in itertools.combinations(_ARM, 2)),
    *((f"{s}_{a}", f"{s}_{b}") for s in SIDES for a, b in itertools.pairwise(_LEG)),
}


@dataclass(frozen=True)
class Capsules:
    """M capsules and the P pairs of them that must keep apart.

    mixes: (M, 2, 24), where their axes start and end as mixes of joints. pairs: (P, 2), rows of them.
    """

    names: tuple[str, ...]
    mixes: Float[Tensor, "capsules 2 24"]
    pairs: Int64[Tensor, "pairs 2"]

    def depths(
        self, ends: Float[Tensor, "batch capsules 2 3"], radii: Float[Tensor, "batch capsules"]
    ) -> tuple[Float[Tensor, "batch pairs"], Float[Tensor, "batch pairs 3"], Float[Tensor, "batch pairs 3"]]:
        """How deep (m, negative: apart) the pairs go into each other, and the points (m) of their axes that are closest."""
        a, b = self.pairs.unbind(1)
        first, second = closest_points(ends[:, a, 0], ends[:, a, 1], ends[:, b, 0], ends[:, b, 1])
        return radii[:, a] + radii[:, b] - (first - second).norm(dim=-1), first, second


def lay_capsules(
    core: Mapping[str, tuple[End, End]], limbs: Mapping[str, tuple[str, str, float, float]], touching: set[tuple[str, str]]
) -> Capsules:
    """Capsules along the bones of a body.

    core: name -> start and end. limbs: name of both sides' -> joint, joint it goes towards, how far it starts and ends. touching:
    pairs that do not count.
    """
    table = dict(core)
    for side, (name, (top, bottom, start, end)) in itertools.product(SIDES, limbs.items()):
        bone = f"{side}_{top}", f"{side}_{bottom}"
        table[f"{side}_{name}"] = (*bone, start), (*bone, end)
    mixes = torch.zeros(len(table), 2, len(SMPL_JOINTS))
    for row, ends in enumerate(table.values()):
        for end, (joint, towards, share) in enumerate(ends):
            mixes[row, end, SMPL_JOINTS.index(joint)] += 1.0 - share
            mixes[row, end, SMPL_JOINTS.index(towards)] += share
    names = tuple(table)
    apart = [(i, j) for i in range(len(names)) for j in range(i) if (names[j], names[i]) not in touching]
    return Capsules(names, mixes, torch.tensor(apart))


def closest_points(p0: Tensor, p1: Tensor, q0: Tensor, q1: Tensor) -> tuple[Tensor, Tensor]:
    """Closest points of two segments (Ericson, Real-Time Collision Detection, 5.1.9)."""
    u, v, w = p1 - p0, q1 - q0, p0 - q0
    a, b, c = (u * u).sum(-1), (u * v).sum(-1), (v * v).sum(-1)
    d, e = (u * w).sum(-1), (v * w).sum(-1)
    s = ((b * e - c * d) / (a * c - b * b).clamp(min=1e-8)).clamp(0.0, 1.0)
    t = ((b * s + e) / c.clamp(min=1e-8)).clamp(0.0, 1.0)
    s = ((b * t - d) / a.clamp(min=1e-8)).clamp(0.0, 1.0)
    return p0 + s[..., None] * u, q0 + t[..., None] * v


# The stick figure's; radii are shares of the thigh's length: those of the default body's skin, less what flesh gives way.
_STICK_CORE: dict[str, tuple[End, End]] = {
    "hips": (("left_hip", "right_hip", 0.2), ("left_hip", "right_hip", 0.8)),
    "belly": (("pelvis", "spine2", 0.0), ("pelvis", "spine2", 1.0)),
    "chest": (("spine2", "left_shoulder", 0.45), ("spine2", "right_shoulder", 0.45)),
    "head": (("neck", "head", 0.5), ("neck", "head", 1.9)),
}
_STICK_LIMBS = {
    "upper_arm": ("shoulder", "elbow", 0.0, 1.0), "forearm": ("elbow", "wrist", 0.0, 1.0), "hand": ("wrist", "hand", 0.0, 1.6),
    "thigh": ("hip", "knee", 0.0, 1.0), "shin": ("knee", "ankle", 0.0, 1.0), "sole": ("ankle", "foot", 0.0, 1.2),
}  # fmt: skip
_STICK_RADII = torch.tensor([0.26, 0.27, 0.25, 0.21, *(0.1, 0.075, 0.07, 0.16, 0.1, 0.075) * 2])
_STICK = lay_capsules(_STICK_CORE, _STICK_LIMBS, TOUCHING | {("left_thigh", "right_thigh")})


def stick_penetration(joints: Float[Tensor, "batch 24 3"]) -> Float[Tensor, " batch"]:
    """The deepest self-intersection (m, 0 where none) of a stick figure's joints; radii scale with the thighs' length."""
    ends = torch.einsum("mej,bjc->bmec", _STICK.mixes.to(joints), joints)
    thigh = (joints[:, [1, 2]] - joints[:, [4, 5]]).norm(dim=-1).mean(1, keepdim=True)
    return _STICK.depths(ends, thigh * _STICK_RADII.to(joints))[0].amax(1).clamp(min=0.0)
