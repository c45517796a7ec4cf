"""How far a rig reaches into itself: capsules with the radii of the body's skin, carried by its joints."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from smpl_assets.body.capsules import SIDES, TOUCHING, Capsules, End, lay_capsules
from smpl_assets.body.pose import BodyPose
from smpl_assets.body.protocol import SMPL_JOINTS, BodyModel
from smpl_assets.inverse.rig import DESCENDS, Posed, linear_features
from smpl_assets.seeds import torch_generator

# name: where it starts and ends
_CORE: dict[str, tuple[End, End]] = {
    "hips": (("left_hip", "right_hip", 0.1), ("right_hip", "left_hip", 0.1)),
    "belly": (("left_hip", "left_shoulder", 0.4), ("right_hip", "right_shoulder", 0.4)),
    "chest": (("left_hip", "left_shoulder", 0.78), ("right_hip", "right_shoulder", 0.78)),
    "head": (("head", "neck", -0.3), ("head", "neck", -1.1)),
}
_CARRIERS = ("pelvis", "spine1", "spine3", "head")  # of the core; a limb's is the joint that it starts at
_LIMBS: dict[str, tuple[str, str, float, float]] = {
    "upper_arm": ("shoulder", "elbow", 0.25, 1.0), "forearm": ("elbow", "wrist", 0.0, 1.0), "hand": ("wrist", "hand", 0.0, 1.7),
    "thigh": ("hip", "knee", 0.3, 1.0), "shin": ("knee", "ankle", 0.0, 1.0), "sole": ("ankle", "foot", 0.0, 1.3),
}  # fmt: skip
_TOUCHING = {*TOUCHING, *(pair for s in SIDES for pair in (("hips", f"{s}_upper_arm"), (f"{s}_thigh", f"{s}_sole")))}
_TIGHTNESS = 0.85  # of the median distance from bone to skin: flesh that gives way is not penetration
_DEEPEST = 12  # pairs whose overlap is followed at once


@dataclass(frozen=True)
class RigCapsules:
    """The capsules of a rig: the joints (M,) that carry them, and the logarithm of their radii (m) as a linear function
    (1 + S, M) of shape.
    """

    layout: Capsules
    joints: Int64[Tensor, " capsules"]
    radii: Float[Tensor, "features capsules"]


def build_capsules(body: BodyModel) -> RigCapsules:
    """Lay capsules along the bones of a body and give them the radii of its skin."""
    capsules = lay_capsules(_CORE, _LIMBS, _TOUCHING)
    carriers = [*_CARRIERS, *(f"{side}_{limb[0]}" for side in SIDES for limb in _LIMBS.values())]
    joints = torch.tensor([SMPL_JOINTS.index(name) for name in carriers])
    return RigCapsules(capsules, joints, _measure_radii(body, capsules.mixes))


def _measure_radii(body: BodyModel, mixes: Tensor, probes: int = 48) -> Tensor:
    shape = torch.randn(probes, body.shape_size, generator=torch_generator(0, "capsules", body.name)).clamp(-2.0, 2.0)
    with torch.no_grad():
        out = body(BodyPose.at_origin(torch.eye(3).expand(probes, 24, 3, 3), shape))
    radii = torch.stack(
        [_radii_of(v[:: max(1, len(v) // 4000)], mixes @ j) for v, j in zip(out.vertices, out.joints, strict=True)]
    )
    features = linear_features(shape).double()
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


def capsule_ends(capsules: RigCapsules, posed: Posed) -> Float[Tensor, "batch capsules 2 3"]:
    """Where the axes of the capsules start and end, m, camera frame."""
    rest = torch.einsum("aj,bjc->bac", DESCENDS.T.to(posed.offsets.dtype), posed.offsets)
    local = torch.einsum("mej,bjc->bmec", capsules.layout.mixes, rest) - rest[:, capsules.joints, None]
    return posed.joints[:, capsules.joints, None] + torch.einsum("bmcd,bmed->bmec", posed.rotations[:, capsules.joints], local)


@dataclass(frozen=True)
class Overlaps:
    """The deepest overlaps of each body: depth (B, D) m (negative: apart), direction (B, D, 3) from the second to the first, the
    two points (B, D, 3) m, and the joints (B, D) that carry them.
    """

    depth: Float[Tensor, "batch deepest"]
    direction: Float[Tensor, "batch deepest 3"]
    first: Float[Tensor, "batch deepest 3"]
    second: Float[Tensor, "batch deepest 3"]
    first_joint: Int64[Tensor, "batch deepest"]
    second_joint: Int64[Tensor, "batch deepest"]


def overlaps(capsules: RigCapsules, posed: Posed, shape: Float[Tensor, "batch shape"]) -> Overlaps:
    """The deepest pairs of capsules of each body."""
    radii = (linear_features(shape) @ capsules.radii).exp()
    depths, *points = capsules.layout.depths(capsule_ends(capsules, posed), radii)
    depth, deepest = depths.topk(min(_DEEPEST, depths.shape[1]), dim=1)
    first, second = (p.gather(1, deepest[..., None].expand(-1, -1, 3)) for p in points)
    apart = first - second
    direction = apart / apart.norm(dim=-1, keepdim=True).clamp(min=1e-4)
    carriers = capsules.joints[capsules.layout.pairs[deepest]]
    return Overlaps(depth, direction, first, second, carriers[..., 0], carriers[..., 1])


def penetration(capsules: RigCapsules, posed: Posed, shape: Float[Tensor, "batch shape"]) -> Float[Tensor, " batch"]:
    """Depth of the deepest overlap, m (0 where none)."""
    return overlaps(capsules, posed, shape).depth[:, 0].clamp(min=0.0)
