"""Self-intersection of a body drawn as capsules around its bones: cheap, differentiable, needs no mesh."""

from __future__ import annotations

import itertools

from jaxtyping import Float
from torch import Tensor

from smpl_assets.body.protocol import SMPL_JOINTS

# name -> (from joint, to joint, radius as a share of the thigh's length); the points are moved by `_stretch` where a bone ends
# early.
_CAPSULES: dict[str, tuple[str, str, float]] = {
    "belly": ("pelvis", "spine2", 0.27),
    "chest": ("spine2", "neck", 0.27),
    "head": ("neck", "head", 0.22),
    **{
        f"{s}_{name}": (f"{s}_{a}", f"{s}_{b}", radius)
        for s in ("left", "right")
        for name, a, b, radius in (
            ("upper_arm", "shoulder", "elbow", 0.1),
            ("forearm", "elbow", "wrist", 0.08),
            ("hand", "wrist", "hand", 0.07),
            ("thigh", "hip", "knee", 0.15),
            ("shank", "knee", "ankle", 0.105),
            ("foot", "ankle", "foot", 0.075),
        )
    },
}
_STRETCH = {"head": 1.9, "left_hand": 1.6, "right_hand": 1.6}
# Bones that touch in every posture.
_NEIGHBOURS = {
    ("belly", "chest"),
    ("chest", "head"),
    *((trunk, f"{s}_upper_arm") for trunk in ("belly", "chest", "head") for s in ("left", "right")),
    *((trunk, f"{s}_thigh") for trunk in ("belly", "chest") for s in ("left", "right")),
    *((f"{s}_{a}", f"{s}_{b}") for s in ("left", "right") for a, b in itertools.pairwise(("upper_arm", "forearm", "hand"))),
    *((f"{s}_{a}", f"{s}_{b}") for s in ("left", "right") for a, b in itertools.pairwise(("thigh", "shank", "foot"))),
    *((f"{s}_upper_arm", f"{s}_hand") for s in ("left", "right")),
    ("left_thigh", "right_thigh"),
}
_NAMES = tuple(_CAPSULES)
PAIRS = tuple(p for p in itertools.combinations(_NAMES, 2) if p not in _NEIGHBOURS and p[::-1] not in _NEIGHBOURS)
_FIRST = [_NAMES.index(a) for a, _ in PAIRS]
_SECOND = [_NAMES.index(b) for _, b in PAIRS]
_FROM = [SMPL_JOINTS.index(_CAPSULES[n][0]) for n in _NAMES]
_TO = [SMPL_JOINTS.index(_CAPSULES[n][1]) for n in _NAMES]


def pair_depths(joints: Float[Tensor, "batch 24 3"]) -> Float[Tensor, "batch pairs"]:
    """How deep (m, 0 where apart) each of PAIRS goes into each other; radii scale with the thighs' length."""
    start, end = joints[:, _FROM], joints[:, _TO]
    stretch = joints.new_tensor([_STRETCH.get(n, 1.0) for n in _NAMES])[:, None]
    end = start + stretch * (end - start)
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
