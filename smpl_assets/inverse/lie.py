"""Rotations by their axis-angle vectors, and how they change with them."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def left_jacobian(rotvec: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3 3"]:
    """J with exp(v + dv) = exp(J dv) exp(v), first order (Chirikjian, Stochastic Models 2, eq 10.86)."""
    angle2 = (rotvec**2).sum(-1)[..., None, None]
    angle = angle2.clamp(min=1e-12).sqrt()
    small = angle2 < 1e-4
    a = torch.where(small, 0.5 - angle2 / 24.0, (1.0 - angle.cos()) / angle2.clamp(min=1e-12))
    b = torch.where(small, 1.0 / 6.0 - angle2 / 120.0, (angle - angle.sin()) / (angle2 * angle).clamp(min=1e-12))
    cross = skew(rotvec)
    return torch.eye(3).to(rotvec) + a * cross + b * (cross @ cross)


def exponential(rotvec: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3 3"]:
    """Rotation matrix of an axis-angle vector (Rodrigues)."""
    angle2 = (rotvec**2).sum(-1)[..., None, None]
    angle = angle2.clamp(min=1e-12).sqrt()
    small = angle2 < 1e-6
    a = torch.where(small, 1.0 - angle2 / 6.0, angle.sin() / angle)
    b = torch.where(small, 0.5 - angle2 / 24.0, (1.0 - angle.cos()) / angle2.clamp(min=1e-12))
    cross = skew(rotvec)
    return torch.eye(3).to(rotvec) + a * cross + b * (cross @ cross)


def skew(v: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3 3"]:
    """Matrix of the cross product with v."""
    zero = torch.zeros_like(v[..., 0])
    x, y, z = v.unbind(-1)
    return torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).unflatten(-1, (3, 3))
