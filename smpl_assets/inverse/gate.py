"""Which people are tried, and which fits are believed; every refusal has a reason."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from smpl_assets.inverse.settings import GateSettings

_FLAT = 0.02  # a second principal spread below this share of the first is a line


@dataclass(frozen=True)
class FitQuality:
    """What the gate looks at, per fit.

    error_crop: mean reprojection error over the crop side. limit_deg: farthest excess over a joint limit. penetration_m: deepest
    overlap. surprise: distance to the pose prior. depth_m: distance of the nearest keypoint.
    """

    error_crop: Float[Tensor, " people"]
    limit_deg: Float[Tensor, " people"]
    penetration_m: Float[Tensor, " people"]
    surprise: Float[Tensor, " people"]
    depth_m: Float[Tensor, " people"]


def refuse_inputs(keypoints: Tensor, annotated: Tensor, settings: GateSettings) -> list[str]:
    """Why each person cannot be fitted ("" where it can): keypoints (n, J, 2) px, annotated (n, J)."""
    return [_refuse_input(k, a, settings) for k, a in zip(keypoints, annotated, strict=True)]


def _refuse_input(keypoints: Float[Tensor, "joints 2"], annotated: Bool[Tensor, " joints"], settings: GateSettings) -> str:
    known = keypoints[annotated]
    if not known.isfinite().all():
        return "a keypoint is not a number"
    if len(known) < settings.minimum_joints:
        return f"fewer than {settings.minimum_joints} annotated joints"
    middle = known.median(0).values
    away = (known - middle).norm(dim=1)
    typical = away.quantile(0.75)  # the median would be the head's size where a face has five keypoints
    if typical < 1e-3 * (1.0 + middle.abs().max()) and away.max() < 1.0:
        return "all joints on one point"
    if away.max() > settings.outside * typical.clamp(min=1.0):
        return "a joint far outside the others"
    spread = torch.linalg.svdvals(known - known.mean(0))
    return "all joints on one line" if spread[1] < _FLAT * spread[0] else ""


def judge(quality: FitQuality, settings: GateSettings) -> list[str]:
    """Why each fit is not believed ("" where it is)."""
    tests = (
        (~quality.error_crop.isfinite() | (quality.error_crop > settings.error_crop), "does not reproject"),
        (quality.depth_m < 0.1, "reaches behind the camera"),
        (quality.limit_deg > settings.limit_deg, "beyond joint limits"),
        (quality.penetration_m > settings.penetration_m, "reaches into itself"),
        (quality.surprise > settings.surprise, "implausible posture"),
    )
    reasons = [""] * len(quality.error_crop)
    for failed, reason in tests:
        for row in failed.nonzero()[:, 0].tolist():
            reasons[row] = reasons[row] or reason
    return reasons
