"""Heatmaps that say something inside one window per joint only."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from training.codecs.codec import Loss
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
