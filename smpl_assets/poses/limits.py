"""Anatomical joint limits as a swing cone and a twist range per joint; excess and clamp, both differentiable.

A rotation is R = swing @ twist @ R0: R0 the joint's reference posture (the T-pose for most joints; the arm raised halfway
forward, the thigh halfway flexed), twist about the bone's axis there, swing about axes perpendicular to it. The swing's rotation
vector has two components; each quadrant of them is bounded by an ellipse.

Source of the ranges: passive ranges of motion of adults (American Academy of Orthopaedic Surgeons, Joint Motion, 1965; Boone &
    Azen, J Bone
Joint Surg 61-A, 1979), widened to what dancers and gymnasts reach where rare poses need it: hip extension and abduction (splits),
spine extension (bridge), shoulder elevation (the collar bone adds to it). SMPL's three spine joints share the trunk's range, neck
and head the neck's.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from smpl_assets.body.protocol import SMPL_JOINTS
from smpl_assets.rotations import axis_angle_from_matrix, matrix_from_axis_angle, rotation_about, twist_angle


@dataclass(frozen=True)
class JointLimit:
    """Degrees. The swing axes u, v and the bone's axis are perpendicular and given in the parent's frame at the reference
    posture.

    reference: rotation vector (degrees) of R0; swing_u, swing_v, twist: (lowest, highest) about u, v and the axis.
    """

    axis: tuple[float, float, float]
    u: tuple[float, float, float]
    v: tuple[float, float, float]
    swing_u: tuple[float, float]
    swing_v: tuple[float, float]
    twist: tuple[float, float]
    reference: tuple[float, float, float] = (0.0, 0.0, 0.0)


_X, _Y, _Z, _DOWN = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.0, -1.0, 0.0)


def _trunk(flexion: tuple[float, float], bend: float, twist: float) -> JointLimit:
    return JointLimit(_Y, _X, _Z, flexion, (-bend, bend), (-twist, twist))


def _thigh() -> JointLimit:
    """Reference: 40 degrees flexed. u turns about x (negative flexes), v about the axis that abducts."""
    flexed = rotation_about("x", torch.deg2rad(torch.tensor(-40.0)))
    axis, abduct = (flexed @ torch.tensor(_DOWN)).tolist(), (flexed @ torch.tensor(_Z)).tolist()
    return JointLimit(tuple(axis), _X, tuple(abduct), (-112.0, 105.0), (-50.0, 92.0), (-80.0, 60.0), (-40.0, 0.0, 0.0))


def _upper_arm() -> JointLimit:
    """Reference: raised 60 degrees in the plane 60 degrees in front of the side. u carries the arm inwards and backwards, v up
    and down.
    """
    plane, angle = torch.deg2rad(torch.tensor(60.0)), torch.deg2rad(torch.tensor(60.0))
    swing = rotation_about("y", -plane) @ rotation_about("z", angle) @ rotation_about("y", plane)
    posture = swing @ rotation_about("z", torch.deg2rad(torch.tensor(-90.0)))
    axis = posture @ torch.tensor(_X)
    lift = torch.nn.functional.normalize(torch.linalg.cross(axis, torch.tensor(_Y)), dim=0)
    across = torch.linalg.cross(lift, axis)
    reference = torch.rad2deg(axis_angle_from_matrix(posture)).tolist()
    spans = ((-100.0, 115.0), (-95.0, 130.0), (-100.0, 100.0))
    return JointLimit(tuple(axis.tolist()), tuple(across.tolist()), tuple(lift.tolist()), *spans, tuple(reference))


# Left side; the right is its mirror image. About x: + brings y to z (flexes spine and knee, points the foot down, extends the
# hip).
_LIMITS: dict[str, JointLimit] = {
    "hip": _thigh(),
    "knee": JointLimit(_DOWN, _X, _Z, (-10.0, 158.0), (-8.0, 8.0), (-25.0, 25.0)),
    "ankle": JointLimit(_Z, _X, _Y, (-40.0, 70.0), (-30.0, 30.0), (-35.0, 35.0)),
    "foot": JointLimit(_Z, _X, _Y, (-70.0, 45.0), (-10.0, 10.0), (-10.0, 10.0)),
    "spine1": _trunk((-35.0, 45.0), 25.0, 25.0),
    "spine2": _trunk((-35.0, 45.0), 25.0, 25.0),
    "spine3": _trunk((-30.0, 40.0), 22.0, 22.0),
    "neck": _trunk((-40.0, 40.0), 30.0, 50.0),
    "head": _trunk((-40.0, 40.0), 30.0, 50.0),
    "collar": JointLimit(_X, _Y, _Z, (-30.0, 25.0), (-20.0, 45.0), (-20.0, 20.0)),
    "shoulder": _upper_arm(),
    "elbow": JointLimit(_X, _Y, _Z, (-158.0, 10.0), (-10.0, 10.0), (-95.0, 95.0)),
    "wrist": JointLimit(_X, _Y, _Z, (-45.0, 45.0), (-90.0, 85.0), (-60.0, 60.0)),
    "hand": JointLimit(_X, _Y, _Z, (-20.0, 20.0), (-100.0, 40.0), (-15.0, 15.0)),
}


def _mirror(limit: JointLimit) -> JointLimit:
    """Mirrored at x = 0: directions lose their x's sign; a rotation about a mirrored direction changes its sense."""

    def vector(v: tuple[float, float, float]) -> tuple[float, float, float]:
        return (-v[0], v[1], v[2])

    def span(s: tuple[float, float]) -> tuple[float, float]:
        return (-s[1], -s[0])

    x, y, z = limit.reference
    spans = (span(limit.swing_u), span(limit.swing_v), span(limit.twist))
    return JointLimit(vector(limit.axis), vector(limit.u), vector(limit.v), *spans, (x, -y, -z))


def joint_limit(joint: str) -> JointLimit:
    """The limit of one of SMPL_JOINTS[1:]."""
    side, _, stem = joint.partition("_")
    if side not in ("left", "right"):
        return _LIMITS[joint]
    return _LIMITS[stem] if side == "left" else _mirror(_LIMITS[stem])


_JOINTS = [joint_limit(j) for j in SMPL_JOINTS[1:]]
_FRAME = torch.tensor([[j.axis, j.u, j.v] for j in _JOINTS])
_SPANS = torch.deg2rad(torch.tensor([[j.swing_u, j.swing_v, j.twist] for j in _JOINTS]))
_REFERENCE = matrix_from_axis_angle(torch.deg2rad(torch.tensor([j.reference for j in _JOINTS])))


def swing_twist(body_pose: Float[Tensor, "*batch 23 3 3"]) -> tuple[Float[Tensor, "*batch 23 2"], Float[Tensor, "*batch 23"]]:
    """Swing (rotation vector's components about u and v, rad) and twist (rad, in (-pi, pi)) of every joint from its reference."""
    body_pose = body_pose @ _REFERENCE.to(body_pose).transpose(-1, -2)
    frame = _FRAME.to(body_pose)
    axis = frame[:, 0]
    twist = twist_angle(body_pose, axis)
    moved = (body_pose @ axis[:, :, None])[..., 0]
    cosine = (moved * axis).sum(-1)
    normal = torch.linalg.cross(axis.expand_as(moved), moved)
    sine = (normal.square().sum(-1) + 1e-12).sqrt()
    angle = torch.atan2(sine, cosine)
    vector = normal * (angle / sine)[..., None]
    return (vector[..., None, :] * frame[:, 1:]).sum(-1), twist


def _swing_ratio(swing: Tensor, spans: Tensor) -> Tensor:
    """How far out the swing is as a multiple of the bounding ellipse's radius in its direction."""
    bound = torch.where(swing >= 0, spans[..., :2, 1], -spans[..., :2, 0])
    return ((swing / bound).square().sum(-1) + 1e-12).sqrt()


def excess(body_pose: Float[Tensor, "*batch 23 3 3"]) -> Float[Tensor, "*batch 23"]:
    """How far (rad) each joint is beyond its limits: swing beyond the ellipse plus twist beyond its range; 0 inside."""
    swing, twist = swing_twist(body_pose)
    spans = _SPANS.to(body_pose)
    ratio = _swing_ratio(swing, spans)
    size = (swing.square().sum(-1) + 1e-12).sqrt()
    beyond = size * (1.0 - 1.0 / ratio.clamp(min=1.0))
    return beyond + (twist - spans[:, 2, 1]).clamp(min=0) + (spans[:, 2, 0] - twist).clamp(min=0)


def clamp(body_pose: Float[Tensor, "*batch 23 3 3"]) -> Float[Tensor, "*batch 23 3 3"]:
    """The pose with every swing drawn back to its ellipse and every twist into its range; poses within limits keep their
    values.
    """
    swing, twist = swing_twist(body_pose)
    spans, frame = _SPANS.to(body_pose), _FRAME.to(body_pose)
    shrunk = swing / _swing_ratio(swing, spans).clamp(min=1.0)[..., None]
    vector = (shrunk[..., None] * frame[:, 1:]).sum(-2)
    turn = torch.minimum(torch.maximum(twist, spans[:, 2, 0]), spans[:, 2, 1])
    turned = matrix_from_axis_angle(vector) @ matrix_from_axis_angle(turn[..., None] * frame[:, 0])
    return turned @ _REFERENCE.to(body_pose)
