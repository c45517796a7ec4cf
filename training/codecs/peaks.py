"""Where the peaks of heatmaps are, to a part of a pixel."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from training.codecs.codec import Decode


def decode_heatmaps(
    heatmaps: Float[Tensor, "batch joints height width"], stride: int, how: Decode = "quarter", blur_sigma: float = 2.0
) -> tuple[Float[Tensor, "batch joints 2"], Float[Tensor, "batch joints"]]:
    """Locations in continuous px of the crop, and the maxima.

    Args:
        heatmaps: (B, J, h, w).
        stride: crop px per heatmap px.
        how: `argmax`; `quarter`, a quarter of a heatmap px towards the larger neighbour (Simple Baselines); `dark`, one
            Newton step on the logarithm of the smoothed map (Zhang et al. 2020, eq 7).
        blur_sigma: smoothing before `dark`, heatmap px.

    Returns:
        (B, J, 2) px and (B, J) values of the largest heatmap pixel.
    """
    batch, joints, _, width = heatmaps.shape
    score, place = heatmaps.flatten(2).max(2)
    x, y = place % width, torch.div(place, width, rounding_mode="floor")
    offset = torch.zeros(batch, joints, 2, dtype=heatmaps.dtype, device=heatmaps.device)
    if how == "quarter":
        offset = 0.25 * torch.stack(_gradient(heatmaps, x, y), 2).sign()
    elif how == "dark":
        offset = _newton(smooth(heatmaps, blur_sigma).clamp(min=1e-6).log(), x, y)
    points = torch.stack([x, y], 2).to(heatmaps.dtype) + offset + 0.5
    return points * stride, score


def _at(maps: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Values at integer places (B, J), the border repeated."""
    height, width = maps.shape[2:]
    flat = y.clamp(0, height - 1) * width + x.clamp(0, width - 1)
    return maps.flatten(2).gather(2, flat[..., None])[..., 0]


def _gradient(maps: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Central differences at (x, y); zero on the border, where one neighbour is missing."""
    height, width = maps.shape[2:]
    dx = 0.5 * (_at(maps, x + 1, y) - _at(maps, x - 1, y)) * ((x > 0) & (x < width - 1))
    dy = 0.5 * (_at(maps, x, y + 1) - _at(maps, x, y - 1)) * ((y > 0) & (y < height - 1))
    return dx, dy


def _newton(log_maps: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """-H^-1 g at the maximum, at most one px per axis; zero where the surface is not a peak or touches the border."""
    dx, dy = _gradient(log_maps, x, y)
    middle = _at(log_maps, x, y)
    dxx = _at(log_maps, x + 1, y) - 2 * middle + _at(log_maps, x - 1, y)
    dyy = _at(log_maps, x, y + 1) - 2 * middle + _at(log_maps, x, y - 1)
    dxy = 0.25 * (
        _at(log_maps, x + 1, y + 1) - _at(log_maps, x - 1, y + 1) - _at(log_maps, x + 1, y - 1) + _at(log_maps, x - 1, y - 1)
    )
    determinant = dxx * dyy - dxy**2
    height, width = log_maps.shape[2:]
    peak = (determinant > 1e-9) & (dxx < 0) & (x > 0) & (x < width - 1) & (y > 0) & (y < height - 1)
    safe = torch.where(peak, determinant, torch.ones_like(determinant))
    step = -torch.stack([(dyy * dx - dxy * dy) / safe, (dxx * dy - dxy * dx) / safe], 2)
    return step.clamp(-1, 1) * peak[..., None]


def smooth(maps: Tensor, sigma: float) -> Tensor:
    """Gaussian smoothing."""
    reach = max(1, round(2 * sigma))
    offsets = torch.arange(-reach, reach + 1, dtype=maps.dtype, device=maps.device)
    kernel = torch.exp(-(offsets**2) / (2 * sigma**2))
    kernel = kernel / kernel.sum()
    flat = maps.flatten(0, 1)[:, None]
    flat = torch.nn.functional.conv2d(flat, kernel.view(1, 1, -1, 1), padding=(reach, 0))
    flat = torch.nn.functional.conv2d(flat, kernel.view(1, 1, 1, -1), padding=(0, reach))
    return flat.view_as(maps)
