"""Decoding inside the network, as SimCC: what rtmlib reads (RTMPose's two outputs, one per axis)."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from training.systems.pixels import DEVIATION, MEAN
from training.systems.system import PoseModel

BINS_PER_PX = 2.0
_SIGMA = 6.0  # bins: readers take the largest bin, so that it only has to fall off on both sides
_HALF_PIXEL = 0.5


class SimCC(nn.Module):
    """A model with RTMPose's input and outputs.

    Input: (B, 3, H, W), BGR (as OpenCV reads pictures) less 123.675, 116.28, 103.53, by 58.395, 57.12, 57.375, in this order.
    Outputs: (B, J, 2 W) and (B, J, 2 H). The largest bin b says that the joint is at the crop's pixel index b / 2, and its value
    is the joint's score.
    """

    def __init__(self, model: PoseModel, size_hw: tuple[int, int]) -> None:
        super().__init__()
        self.network, self.stage, self.size_hw = model.network, model.last, size_hw
        mean, deviation = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, DEVIATION))
        self.scale: Tensor
        self.offset: Tensor
        self.register_buffer("scale", deviation / deviation.flip(1))
        self.register_buffer("offset", (mean - mean.flip(1)) / deviation.flip(1))

    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> tuple[Tensor, Tensor]:
        """The two outputs."""
        rgb = (image * self.scale + self.offset).flip(1)
        found = self.stage.codec.decode(self.network(rgb)[-1], self.stage.frame(self.size_hw))
        place = (found.points - _HALF_PIXEL) * BINS_PER_PX
        height, width = self.size_hw
        across = self._bins(place[..., 0], found.score, int(width * BINS_PER_PX))
        return across, self._bins(place[..., 1], found.score, int(height * BINS_PER_PX))

    def _bins(self, place: Tensor, score: Tensor, count: int) -> Tensor:
        """A bell about each place whose largest bin has the score."""
        nearest = place.round().clamp(0, count - 1)
        away = (torch.arange(count, dtype=place.dtype, device=place.device) - nearest[..., None]) ** 2
        return score[..., None] * torch.exp(-away / (2 * _SIGMA**2))
