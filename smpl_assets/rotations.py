"""Rotations: matrices in code, axis-angle on disk, 6D in networks (docs/conventions.md); roma underneath."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from smpl_assets.roma_alone import roma

# SMPL_JOINTS[1:] with left and right exchanged.
BODY_FLIP = [1, 0, 2, 4, 3, 5, 7, 6, 8, 10, 9, 11, 13, 12, 14, 16, 15, 18, 17, 20, 19, 22, 21]


def matrix_from_axis_angle(axis_angle: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3 3"]:
    """Rotation matrices of rotation vectors (radians)."""
    return roma.rotvec_to_rotmat(axis_angle)


def exponential(rotvec: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3 3"]:
    """As `matrix_from_axis_angle`, by Rodrigues' formula: what fitting differentiates, rounded otherwise in the last bits."""
    angle2 = (rotvec**2).sum(-1)[..., None, None]
    angle = angle2.clamp(min=1e-12).sqrt()
    small = angle2 < 1e-6
    a = torch.where(small, 1.0 - angle2 / 6.0, angle.sin() / angle)
    b = torch.where(small, 0.5 - angle2 / 24.0, (1.0 - angle.cos()) / angle2.clamp(min=1e-12))
    cross = skew(rotvec)
    return torch.eye(3).to(rotvec) + a * cross + b * (cross @ cross)


def left_jacobian(rotvec: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3 3"]:
    """J with exp(v + dv) = exp(J dv) exp(v), first order (Chirikjian, Stochastic Models 2, eq 10.86)."""
    angle2 = (rotvec**2).sum(-1)[..., None, None]
    angle = angle2.clamp(min=1e-12).sqrt()
    small = angle2 < 1e-4
    a = torch.where(small, 0.5 - angle2 / 24.0, (1.0 - angle.cos()) / angle2.clamp(min=1e-12))
    b = torch.where(small, 1.0 / 6.0 - angle2 / 120.0, (angle - angle.sin()) / (angle2 * angle).clamp(min=1e-12))
    cross = skew(rotvec)
    return torch.eye(3).to(rotvec) + a * cross + b * (cross @ cross)


def skew(v: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3 3"]:
    """Matrix of the cross product with v."""
    zero = torch.zeros_like(v[..., 0])
    x, y, z = v.unbind(-1)
    return torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).unflatten(-1, (3, 3))


def axis_angle_from_matrix(matrix: Float[Tensor, "*batch 3 3"]) -> Float[Tensor, "*batch 3"]:
    """Rotation vectors (radians, length at most pi)."""
    return roma.rotmat_to_rotvec(matrix)


def matrix_from_six_d(six_d: Float[Tensor, "*batch 6"]) -> Float[Tensor, "*batch 3 3"]:
    """Gram-Schmidt on the two rows; any six finite numbers whose rows are not parallel give a rotation."""
    rows = six_d.unflatten(-1, (2, 3))
    return roma.special_gramschmidt(rows.transpose(-1, -2)).transpose(-1, -2)


def rotation_about(axis: str, angle: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch 3 3"]:
    """Rotation about the coordinate axis `x`, `y` or `z` by `angle` (radians)."""
    unit = torch.zeros(3, dtype=angle.dtype, device=angle.device)
    unit["xyz".index(axis)] = 1.0
    return roma.rotvec_to_rotmat(angle[..., None] * unit)


def rotation_between(a: Float[Tensor, "*batch 3"], b: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3 3"]:
    """The shortest rotation that takes direction a to direction b (any half turn where they are opposite)."""
    a, b = torch.nn.functional.normalize(a, dim=-1), torch.nn.functional.normalize(b, dim=-1)
    other = torch.zeros_like(a)
    other.scatter_(-1, a.abs().argmin(-1, keepdim=True), 1.0)
    fallback = torch.nn.functional.normalize(torch.linalg.cross(a, other), dim=-1)
    cross, cosine = torch.linalg.cross(a, b), (a * b).sum(-1, keepdim=True)
    sine = cross.norm(dim=-1, keepdim=True)
    axis = torch.where(sine > 1e-7, cross / sine.clamp(min=1e-7), fallback)
    return roma.rotvec_to_rotmat(axis * torch.atan2(sine, cosine))


def twist_angle(rotation: Float[Tensor, "*batch n 3 3"], axis: Float[Tensor, "n 3"]) -> Float[Tensor, "*batch n"]:
    """Angle (rad, in (-pi, pi)) of the twist about `axis` in R = swing @ twist."""
    skew = torch.stack(
        [
            rotation[..., 2, 1] - rotation[..., 1, 2],
            rotation[..., 0, 2] - rotation[..., 2, 0],
            rotation[..., 1, 0] - rotation[..., 0, 1],
        ],
        dim=-1,
    )
    # A quaternion's (w, v) is proportional to (1 + trace, skew): its twist is 2 atan2(v . axis, w).
    w = 1.0 + rotation.diagonal(dim1=-2, dim2=-1).sum(-1)
    return 2.0 * torch.atan2((skew * axis).sum(-1), w.clamp(min=1e-4))


def axis_rotation(axis: Float[Tensor, "n 3"], angle: Float[Tensor, "*batch n"]) -> Float[Tensor, "*batch n 3 3"]:
    """Rotations by `angle` (rad) about fixed unit axes (Rodrigues)."""
    cross = skew(axis)
    sine, versine = torch.sin(angle)[..., None, None], (1 - torch.cos(angle))[..., None, None]
    return torch.eye(3, device=axis.device, dtype=axis.dtype) + sine * cross + versine * (cross @ cross)


def flip_rotation(matrix: Float[Tensor, "*batch 3 3"]) -> Float[Tensor, "*batch 3 3"]:
    """The rotation seen in the mirror x -> -x (axis-angle: second and third components negated)."""
    sign = torch.tensor([-1.0, 1.0, 1.0], dtype=matrix.dtype, device=matrix.device)
    return sign[:, None] * matrix * sign


def flip_axis_angle(axis_angle: Float[Tensor, "*batch 23 3"]) -> Float[Tensor, "*batch 23 3"]:
    """`flip_body_pose` of rotation vectors."""
    return axis_angle[..., BODY_FLIP, :] * axis_angle.new_tensor([1.0, -1.0, -1.0])


def flip_body_pose(body_pose: Float[Tensor, "*batch 23 3 3"]) -> Float[Tensor, "*batch 23 3 3"]:
    """The mirrored pose: paired joints swapped, every rotation mirrored; twice is the identity."""
    return flip_rotation(body_pose[..., BODY_FLIP, :, :])


def uniform_rotations(n: int, generator: torch.Generator) -> Float[Tensor, "n 3 3"]:
    """Rotations uniform over SO(3)."""
    quaternions = torch.nn.functional.normalize(torch.randn(n, 4, generator=generator), dim=-1)
    return roma.unitquat_to_rotmat(quaternions)
