"""Other skeletons' motions as SMPL rotations whose bones point the same way."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from smpl_assets.body.kinematics import MEAN_OFFSETS
from smpl_assets.body.protocol import SMPL_JOINTS, SMPL_PARENTS
from smpl_assets.poses.clips import Clip
from smpl_assets.rotations import axis_angle_from_matrix, matrix_from_axis_angle, rotation_about, rotation_between, twist_angle

# Bones whose direction is carried over exactly: SMPL joint -> the joint at the bone's other end.
ALIGNED_BONES = {
    f"{s}_{a}": f"{s}_{b}"
    for s in ("left", "right")
    for a, b in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))
}
# Joints that share the turn of the next mapped joint above them in equal parts where the source has no joint for them.
_SHARED = ("spine1", "spine2", "neck")
# Sine of the bend from which on (fully) the plane of bending decides the limb's twist.
_BEND = (0.2, 0.5)
_PRONATION = 1.4
_COLLAR = (-6.0, 22.0)


def retarget(
    name: str, rotations: Mapping[str, Float[Tensor, "frames 3 3"]], rest_directions: Mapping[str, Float[Tensor, "3"]]
) -> Clip:
    """A clip from the global rotations of a source skeleton.

    rotations: SMPL joint -> (T, 3, 3), the turn of the source's bone from its rest posture, in a world (and rest body frame) with
        y up, facing +z, left at +x; `pelvis` is needed. Joints left out follow their parent; spine and neck share the turn above
        them.
    rest_directions: SMPL joint of ALIGNED_BONES -> the direction of its bone in the source's rest posture.

    The rest postures differ (arms may hang, legs may stand apart): each aligned bone gets the constant rotation that takes SMPL's
        T-pose
    direction to the source's rest direction on the shortest way. Elbows and knees become hinges: their limb's twist is set by the
    plane in which it bends, where it bends, because sources disagree about how twist is shared along a limb.
    """
    turned = {joint: rotation @ _rest_change(joint, rest_directions) for joint, rotation in rotations.items()}
    turned.update(_hinges(turned))
    turned.update(_collars(turned))
    frames = len(turned["pelvis"])
    local = torch.eye(3).repeat(frames, len(SMPL_JOINTS), 1, 1)
    whole: list[Tensor] = []
    for joint, joint_name in enumerate(SMPL_JOINTS):
        if joint == 0:
            whole.append(turned["pelvis"])
            continue
        above = whole[SMPL_PARENTS[joint]]
        if joint_name in turned:
            local[:, joint] = above.transpose(-1, -2) @ turned[joint_name]
        elif joint_name in _SHARED:
            target, parts = _next_mapped(joint_name, turned)
            if target is not None:
                local[:, joint] = _fraction(above.transpose(-1, -2) @ target, 1.0 / parts)
        whole.append(above @ local[:, joint])
    return Clip(name, local[:, 1:], whole[0])


def _rest_change(joint: str, rest_directions: Mapping[str, Tensor]) -> Tensor:
    if joint not in rest_directions:
        return torch.eye(3)
    end = SMPL_JOINTS.index(ALIGNED_BONES[joint])
    return rotation_between(MEAN_OFFSETS[end], rest_directions[joint])


def _hinges(turned: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Thighs, shanks, upper arms and forearms with the same directions, turned about themselves so that knees and elbows only
    bend.
    """
    changed = {}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for upper, lower, axis in (("hip", "knee", (1.0, 0.0, 0.0)), ("shoulder", "elbow", (0.0, -sign, 0.0))):
            upper, lower = f"{side}_{upper}", f"{side}_{lower}"
            if upper in turned and lower in turned:
                changed[upper], changed[lower] = _hinge(turned[upper], turned[lower], upper, lower, torch.tensor(axis))
        if f"{side}_elbow" in changed and f"{side}_wrist" in turned:
            changed[f"{side}_elbow"] = _pronate(changed[f"{side}_elbow"], turned[f"{side}_wrist"], f"{side}_elbow")
    return changed


def _hinge(above: Tensor, below: Tensor, upper: str, lower: str, axis: Tensor) -> tuple[Tensor, Tensor]:
    thigh, shank = (unit(MEAN_OFFSETS[SMPL_JOINTS.index(ALIGNED_BONES[j])]) for j in (upper, lower))
    along, bent = above @ thigh, below @ shank
    normal = torch.linalg.cross(along, bent)
    bend = normal.norm(dim=-1)
    held = above @ unit(axis - (axis @ thigh) * thigh)
    angle = torch.atan2((torch.linalg.cross(held, normal) * along).sum(-1), (held * normal).sum(-1))
    trust = ((bend - _BEND[0]) / (_BEND[1] - _BEND[0])).clamp(0.0, 1.0)
    new_above = matrix_from_axis_angle(along * (trust * angle)[:, None]) @ above
    wanted = (new_above.transpose(-1, -2) @ bent[..., None])[..., 0]
    phi = torch.atan2((torch.linalg.cross(shank.expand_as(wanted), wanted) * axis).sum(-1), wanted @ shank)
    bending = matrix_from_axis_angle(phi[:, None] * axis)
    return new_above, new_above @ rotation_between(bending @ shank, wanted) @ bending


def _pronate(forearm: Tensor, hand: Tensor, elbow: str) -> Tensor:
    """The forearm turned about itself as far as the hand asks for and forearms go."""
    axis = unit(MEAN_OFFSETS[SMPL_JOINTS.index(ALIGNED_BONES[elbow])])
    angle = twist_angle((forearm.transpose(-1, -2) @ hand)[:, None], axis[None])[:, 0].clamp(-_PRONATION, _PRONATION)
    return forearm @ matrix_from_axis_angle(angle[:, None] * axis)


def _collars(turned: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Collar bones that the source lacks, from the arms: they rise with a raised arm (a fifth of its way) and sink a little
    beside the body.
    """
    made = {}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        if f"{side}_collar" in turned or f"{side}_shoulder" not in turned or "spine3" not in turned:
            continue
        arm = unit(MEAN_OFFSETS[SMPL_JOINTS.index(f"{side}_elbow")])
        pointing = (turned["spine3"].transpose(-1, -2) @ turned[f"{side}_shoulder"] @ arm)[:, 1]
        raised = torch.rad2deg(torch.acos((-pointing).clamp(-1, 1)))
        lift = torch.deg2rad((0.2 * (raised - 45.0)).clamp(_COLLAR[0], _COLLAR[1]))
        made[f"{side}_collar"] = turned["spine3"] @ rotation_about("z", sign * lift)
    return made


def _next_mapped(joint: str, turned: Mapping[str, Tensor]) -> tuple[Tensor | None, int]:
    """Global turn of the nearest mapped joint further up the spine (or neck), and in how many joints the way there is shared."""
    chain = ("neck", "head") if joint == "neck" else ("spine1", "spine2", "spine3")
    rest = chain[chain.index(joint) :]
    for steps, name in enumerate(rest):
        if name in turned:
            return turned[name], steps + 1
    return None, 1


def _fraction(rotation: Tensor, share: float) -> Tensor:
    return matrix_from_axis_angle(share * axis_angle_from_matrix(rotation))


def unit(vector: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
    """The direction of a vector."""
    return torch.nn.functional.normalize(vector, dim=-1)
