"""The heatmap loss, with and without the weight of rarity (WLCD)."""

from __future__ import annotations

from jaxtyping import Bool, Float
from torch import Tensor


def heatmap_loss(
    predicted: Float[Tensor, "batch joints height width"],
    target: Float[Tensor, "batch joints height width"],
    supervised: Bool[Tensor, "batch joints"],
    sample_weight: Float[Tensor, " batch"],
) -> Float[Tensor, ""]:
    """Weighted mean squared error over heatmaps (eq 4.3): sum_ij w_i m_ij MSE_ij / sum_ij m_ij.

    MSE_ij is the mean over the pixels of joint j of sample i, m_ij whether it is supervised. The weight multiplies the loss of
    the sample; multiplying prediction and target by it, as common code does, would square it. A batch without any
    supervised joint has the loss zero (with a gradient of zero).
    """
    error = ((predicted - target) ** 2).mean((2, 3)) * supervised
    return (error * sample_weight[:, None]).sum() / supervised.sum().clamp(min=1)
