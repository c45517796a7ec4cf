"""Capsules around the bones: a cheap, differentiable measure of how far a body reaches into itself."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from smpl_assets.body.protocol import BODY_ROTATIONS, SMPL_JOINTS, BodyModel
from smpl_assets.inverse.kinematics import DESCENDS, Posed
from smpl_assets.inverse.rig import Rig
from smpl_assets.seeds import torch_generator

_SIDES = ("left", "right")
# name: the joint that carries it, where it starts and ends (joint, joint it goes towards, how far)
_CORE: dict[str, tuple[str, tuple[str, str, float], tuple[str, str, float]]] = {
    "hips": ("pelvis", ("left_hip", "right_hip", 0.1), ("right_hip", "left_hip", 0.1)),
    "belly": ("spine1", ("left_hip", "left_shoulder", 0.4), ("right_hip", "right_shoulder", 0.4)),
    "chest": ("spine3", ("left_hip", "left_shoulder", 0.78), ("right_hip", "right_shoulder", 0.78)),
    "head": ("head", ("head", "neck", -0.3), ("head", "neck", -1.1)),
}
_LIMBS: dict[str, tuple[str, str, float, float]] = {
    "upper_arm": ("shoulder", "elbow", 0.25, 1.0), "forearm": ("elbow", "wrist", 0.0, 1.0), "hand": ("wrist", "hand", 0.0, 1.7),
    "thigh": ("hip", "knee", 0.3, 1.0), "shin": ("knee", "ankle", 0.0, 1.0), "sole": ("ankle", "foot", 0.0, 1.3),
}  # fmt: skip
_TIGHTNESS = 0.85  # of the median distance from bone to skin: flesh that gives way is not penetration
_DEEPEST = 12  # pairs whose overlap is followed at once


@dataclass(frozen=True)
class Capsules:
    """M capsules carried by joints, and the P pairs that must keep apart.

    joints: (M,). ends: (M, 2, 3) m in the carrying joint's frame, of the mean body, per metre of `reach`. radii: (1 + S, M),
    the logarithm
    of the radius (m) as a linear function of shape. pairs: (P, 2).
    """

    names: tuple[str, ...]
    joints: Int64[Tensor, " capsules"]
    mixes: Float[Tensor, "capsules 2 24"]
    radii: Float[Tensor, "features capsules"]
    pairs: Int64[Tensor, "pairs 2"]


def _table() -> dict[str, tuple[str, tuple[str, str, float], tuple[str, str, float]]]:
    table = dict(_CORE)
    for side in _SIDES:
        for name, (top, bottom, start, end) in _LIMBS.items():
            a, b = f"{side}_{top}", f"{side}_{bottom}"
            table[f"{side}_{name}"] = (a, (a, b, start), (a, b, end))
    return table


def _apart(a: str, b: str) -> bool:
    """Whether two capsules should never meet in a healthy body (neighbours along a limb always do)."""
    core, limbs = set(_CORE), {"left", "right"}
    side_a, part_a = a.split("_", 1) if a.split("_")[0] in limbs else ("", a)
    side_b, part_b = b.split("_", 1) if b.split("_")[0] in limbs else ("", b)
    if part_a in core and part_b in core:
        return False
    if part_b in core:
        side_a, part_a, side_b, part_b = side_b, part_b, side_a, part_a
    if part_a in core:
        near = {
            "hips": {"thigh", "upper_arm"},
            "belly": {"thigh", "upper_arm"},
            "chest": {"upper_arm", "thigh"},
            "head": {"upper_arm"},
        }
        return part_b not in near[part_a]
    if side_a != side_b:
        return True
    arm = {"upper_arm", "forearm", "hand"}
    return (part_a in arm) != (part_b in arm)


def build_capsules(body: BodyModel, rig: Rig) -> Capsules:
    """Lay capsules along the bones of a body and give them the radii of its skin."""
    table = _table()
    names = tuple(table)
    joints = torch.tensor([SMPL_JOINTS.index(table[n][0]) for n in names])
    mixes = torch.zeros(len(names), 2, 24)
    for row, name in enumerate(names):
        for end, (start, towards, share) in enumerate(table[name][1:]):
            mixes[row, end, SMPL_JOINTS.index(start)] += 1.0 - share
            mixes[row, end, SMPL_JOINTS.index(towards)] += share
    pairs = torch.tensor([(i, j) for i in range(len(names)) for j in range(i) if _apart(names[i], names[j])])
    return Capsules(names, joints, mixes, _measure_radii(body, rig, mixes), pairs)


def _measure_radii(body: BodyModel, rig: Rig, mixes: Tensor, probes: int = 48) -> Tensor:
    shape = torch.randn(probes, rig.shape_size, generator=torch_generator(0, "capsules", body.name)).clamp(-2.0, 2.0)
    eye = torch.eye(3)
    with torch.no_grad():
        out = body(eye.expand(probes, 3, 3), eye.expand(probes, BODY_ROTATIONS, 3, 3), shape, torch.zeros(probes, 3))
    radii = torch.stack(
        [_radii_of(v[:: max(1, len(v) // 4000)], mixes @ j) for v, j in zip(out.vertices, out.joints, strict=True)]
    )
    features = torch.cat([torch.ones(probes, 1), shape], 1).double()
    normal = features.T @ features + 1e-3 * torch.eye(features.shape[1], dtype=torch.float64)
    return torch.linalg.solve(normal, features.T @ radii.log().double()).float()


def _radii_of(vertices: Tensor, ends: Tensor) -> Tensor:
    """Median distance from each capsule's axis (M, 2, 3) to the skin nearest to it."""
    start, along = ends[:, 0], ends[:, 1] - ends[:, 0]
    at = ((vertices[:, None] - start) * along).sum(-1) / (along**2).sum(-1)
    distance = (vertices[:, None] - start - at.clamp(0.0, 1.0)[..., None] * along).norm(dim=-1)
    owner = distance.argmin(1)
    inside = (at > 0.0) & (at < 1.0)
    radii = []
    for m in range(len(ends)):
        mine = (owner == m) & inside[:, m]
        radii.append(distance[mine, m].median() if mine.any() else distance[:, m].min())
    return torch.stack(radii).clamp(min=0.01) * _TIGHTNESS


def capsule_ends(
    capsules: Capsules, posed: Posed, rig: Rig, shape: Float[Tensor, "batch shape"]
) -> Float[Tensor, "batch capsules 2 3"]:
    """Where the axes of the capsules start and end, m, camera frame."""
    rest = torch.einsum("aj,bjc->bac", DESCENDS.T.to(shape.dtype), posed.offsets)
    local = torch.einsum("mej,bjc->bmec", capsules.mixes, rest) - rest[:, capsules.joints, None]
    return posed.joints[:, capsules.joints, None] + torch.einsum("bmcd,bmed->bmec", posed.rotations[:, capsules.joints], local)


@dataclass(frozen=True)
class Overlaps:
    """The deepest overlaps of each body: depth (B, D) m (negative: apart), direction (B, D, 3) from the second to the first,
    the two
    points (B, D, 3) m, and the joints (B, D) that carry them.
    """

    depth: Float[Tensor, "batch deepest"]
    direction: Float[Tensor, "batch deepest 3"]
    first: Float[Tensor, "batch deepest 3"]
    second: Float[Tensor, "batch deepest 3"]
    first_joint: Int64[Tensor, "batch deepest"]
    second_joint: Int64[Tensor, "batch deepest"]


def overlaps(capsules: Capsules, posed: Posed, rig: Rig, shape: Float[Tensor, "batch shape"]) -> Overlaps:
    """The deepest pairs of capsules of each body."""
    ends = capsule_ends(capsules, posed, rig, shape)
    radius = (torch.cat([torch.ones_like(shape[:, :1]), shape], 1) @ capsules.radii).exp()
    a, b = capsules.pairs.unbind(1)
    first, second = _closest(ends[:, a, 0], ends[:, a, 1], ends[:, b, 0], ends[:, b, 1])
    apart = first - second
    distance = apart.norm(dim=-1)
    depth, deepest = (radius[:, a] + radius[:, b] - distance).topk(min(_DEEPEST, len(a)), dim=1)
    pick = deepest[..., None].expand(-1, -1, 3)
    direction = (apart / distance[..., None].clamp(min=1e-4)).gather(1, pick)
    return Overlaps(
        depth, direction, first.gather(1, pick), second.gather(1, pick), capsules.joints[a][deepest], capsules.joints[b][deepest]
    )


def _closest(p0: Tensor, p1: Tensor, q0: Tensor, q1: Tensor) -> tuple[Tensor, Tensor]:
    """Closest points of two segments (Ericson, Real-Time Collision Detection, 5.1.9)."""
    u, v, w = p1 - p0, q1 - q0, p0 - q0
    a, b, c = (u * u).sum(-1), (u * v).sum(-1), (v * v).sum(-1)
    d, e = (u * w).sum(-1), (v * w).sum(-1)
    s = ((b * e - c * d) / (a * c - b * b).clamp(min=1e-8)).clamp(0.0, 1.0)
    t = ((b * s + e) / c.clamp(min=1e-8)).clamp(0.0, 1.0)
    s = ((b * t - d) / a.clamp(min=1e-8)).clamp(0.0, 1.0)
    return p0 + s[..., None] * u, q0 + t[..., None] * v


def penetration(capsules: Capsules, posed: Posed, rig: Rig, shape: Float[Tensor, "batch shape"]) -> Float[Tensor, " batch"]:
    """Depth of the deepest overlap, m (0 where none)."""
    return overlaps(capsules, posed, rig, shape).depth[:, 0].clamp(min=0.0)
