"""A body model reduced to what fitting needs: rest joints and keypoint attachments as functions of shape."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int64
from torch import Tensor


@dataclass(frozen=True)
class Attachment:
    """Points that hang on joints: point = sum over near joints of weight x joint + rotation x local.

    joints: (K, A) indices. weights: (K, A), they add up to 1. local: (1 + S, K, A, 3) m, a linear function of shape.
    """

    joints: Int64[Tensor, "points near"]
    weights: Float[Tensor, "points near"]
    local: Float[Tensor, "linear points near 3"]

    def to(self, device: str | torch.device) -> Attachment:
        """The same points on another device."""
        return Attachment(self.joints.to(device), self.weights.to(device), self.local.to(device))


@dataclass(frozen=True)
class Rig:
    """Rest joints (F, 24, 3) m, pelvis at zero, per shape feature; attachments per skeleton; largest rms error of either, m."""

    body: str
    shape_size: int
    rest: Float[Tensor, "features 24 3"]
    attachments: dict[str, Attachment]
    error_m: float

    def to(self, device: str | torch.device) -> Rig:
        """The same rig on another device."""
        attachments = {name: a.to(device) for name, a in self.attachments.items()}
        return replace(self, rest=self.rest.to(device), attachments=attachments)


def shape_features(shape: Float[Tensor, "batch shape"]) -> Float[Tensor, "batch features"]:
    """1, the components, and their products."""
    size = shape.shape[1]
    first, second = torch.triu_indices(size, size)
    return torch.cat([torch.ones_like(shape[:, :1]), shape, shape[:, first] * shape[:, second]], 1)


def linear_features(shape: Float[Tensor, "batch shape"]) -> Float[Tensor, "batch linear"]:
    """1 and the components."""
    return torch.cat([torch.ones_like(shape[:, :1]), shape], 1)


def feature_slopes(shape: Float[Tensor, "batch shape"]) -> Float[Tensor, "batch features shape"]:
    """Derivative of `shape_features`."""
    size = shape.shape[1]
    first, second = torch.triu_indices(size, size)
    eye = torch.eye(size).to(shape)
    products = eye[first] * shape[:, second, None] + eye[second] * shape[:, first, None]
    start = torch.cat([torch.zeros(1, size).to(shape), eye]).expand(len(shape), -1, -1)
    return torch.cat([start, products], 1)
