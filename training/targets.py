"""Gaussian heatmap targets with sub-pixel centres."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def gaussian_targets(
    keypoints: Float[Tensor, "batch joints 2"],
    supervised: Bool[Tensor, "batch joints"],
    size_hw: tuple[int, int],
    stride: int,
    sigma: float,
) -> tuple[Float[Tensor, "batch joints height width"], Bool[Tensor, "batch joints"]]:
    """Targets exp(-r^2 / 2 sigma^2) about each keypoint, and which joints have one.

    Args:
        keypoints: (B, J, 2) px of the crop, continuous (the centre of heatmap cell (0, 0) is at stride / 2).
        supervised: (B, J) joints that may be learnt from.
        size_hw: of the heatmap.
        stride: crop px per heatmap px.
        sigma: heatmap px.

    Returns:
        (B, J, h, w) heatmaps in [0, 1] and (B, J) flags: supervised and less than 3 sigma outside the map (farther ones
        would teach an empty map). The Gaussian is cut at 3 sigma + half a pixel, as Simple Baselines does.
    """
    height, width = size_hw
    centres = keypoints / stride - 0.5
    columns = torch.arange(width, dtype=keypoints.dtype, device=keypoints.device)
    rows = torch.arange(height, dtype=keypoints.dtype, device=keypoints.device)
    dx2 = (columns - centres[..., :1]) ** 2
    dy2 = (rows - centres[..., 1:]) ** 2
    reach = 3 * sigma + 0.5
    row = torch.exp(-dy2 / (2 * sigma**2)) * (dy2 <= reach**2)
    column = torch.exp(-dx2 / (2 * sigma**2)) * (dx2 <= reach**2)
    limit = torch.tensor([width - 1, height - 1], dtype=keypoints.dtype, device=keypoints.device)
    inside = ((centres > -3 * sigma) & (centres < limit + 3 * sigma)).all(-1) & supervised
    return row[..., :, None] * column[..., None, :] * inside[..., None, None], inside
