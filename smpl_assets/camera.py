"""The one camera model of training, fitting, rendering and labels: full perspective, OpenCV axes."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

MIN_DEPTH_M = 0.05


def project(
    points_camera: Float[Tensor, "*batch points 3"], intrinsics: Float[Tensor, "*batch 4"]
) -> Float[Tensor, "*batch points 2"]:
    """Project points.

    Args:
        points_camera: (..., P, 3) metres, camera frame (x right, y down, z forward).
        intrinsics: (..., 4) as fx, fy, cx, cy in px.

    Returns:
        (..., P, 2) px, continuous image coordinates (the centre of the top-left pixel is (0.5, 0.5)).
        Depths below MIN_DEPTH_M are clamped to it, so gradients stay finite; callers gate on depth themselves.
    """
    depth = points_camera[..., 2:].clamp(min=MIN_DEPTH_M)
    focal, centre = intrinsics[..., None, :2], intrinsics[..., None, 2:]
    return focal * points_camera[..., :2] / depth + centre


def focal_from_fov(fov_rad: Tensor, side_px: float | Tensor) -> Tensor:
    """Focal length in px of a camera that sees `fov_rad` (radians) across `side_px`."""
    return 0.5 * side_px / torch.tan(0.5 * fov_rad)
