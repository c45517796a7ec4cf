"""Heatmaps that say something inside one window per joint only."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from training.codecs.codec import Found, Frame, Loss
from training.codecs.heatmap import Heatmap, HeatmapTargets

OUTSIDE = -1.0  # of the window; what is found is above it, and the mean with a mirror image prefers what both have looked at


@dataclass(frozen=True)
class WindowHeatmap(Heatmap):
    """A heatmap that is `OUTSIDE` but for a window."""

    def loss(self, output: Float[Tensor, "batch joints rows columns"], targets: HeatmapTargets) -> Loss:
        """As of heatmaps, the mean over the window's pixels instead of the map's."""
        inside = output != OUTSIDE
        error = ((output - targets.heatmaps) ** 2 * inside).sum((2, 3)) / inside.sum((2, 3)).clamp(min=1)
        error = error * targets.supervised
        return Loss(error.sum(1), targets.supervised.sum(1).to(error.dtype))

    def decode(self, output: Float[Tensor, "batch joints rows columns"], frame: Frame) -> Found:
        """As of heatmaps; what lies outside the window counts as 0, so that smoothing carries nothing into it.

        Unless all is below 0: the mean of two windows that have nothing in common, where the better one counts.
        """
        least = torch.where(output.amax((2, 3), keepdim=True) > 0, 0.0, OUTSIDE)
        found: Found = super().decode(torch.maximum(output, least), frame)
        return found
