"""Heatmaps: a Gaussian with a sub-pixel centre per joint, mean squared error, the largest pixel and its surroundings."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from smpl_assets.skeletons import Skeleton
from training.codecs.codec import Decode, Found, Frame, Knobs, Loss, People
from training.codecs.peaks import decode_heatmaps

Maps = Float[Tensor, "batch joints rows columns"]
Joints = Bool[Tensor, "batch joints"]


@dataclass(frozen=True)
class HeatmapTargets:
    """heatmaps: in [0, 1]. supervised: joints whose map is learnt from."""

    heatmaps: Maps
    supervised: Joints


@dataclass(frozen=True)
class Heatmap:
    """One map per joint. sigma: of the Gaussians, cells. how: `argmax`, `quarter` or `dark` (peaks.py)."""

    sigma: float = 2.0
    how: Decode = "quarter"

    def channels(self, skeleton: Skeleton) -> int:
        """One per keypoint."""
        return len(skeleton)

    def targets(self, people: People, frame: Frame) -> HeatmapTargets:
        """Gaussians about the joints of the subjects."""
        return HeatmapTargets(*gaussian_targets(*people.subject, frame.cells_hw, frame.stride, self.sigma))

    def loss(self, output: Maps, targets: HeatmapTargets) -> Loss:
        """Per sample the sum over supervised joints of the mean squared error of their maps (eq 4.3 without w), and their number.

        The weight of a sample multiplies this sum; multiplying prediction and target by it, as common code does, squares it.
        """
        error = ((output - targets.heatmaps) ** 2).mean((2, 3)) * targets.supervised
        return Loss(error.sum(1), targets.supervised.sum(1).to(error.dtype))

    def mirror(self, output: Maps, flip: tuple[int, ...]) -> Maps:
        """Turned back; crops and maps share one continuous frame, so no shift by a pixel is needed."""
        return output.flip(3)[:, list(flip)]

    def decode(self, output: Maps, frame: Frame) -> Found:
        """The peaks and their heights."""
        return Found(*decode_heatmaps(output, frame.stride, self.how))


def open_heatmap(knobs: Knobs) -> Heatmap:
    """The codec of `train.codec = "heatmap"`."""
    return Heatmap(knobs.sigma, knobs.decode)


def gaussian_targets(
    keypoints: Float[Tensor, "batch joints 2"], supervised: Joints, size_hw: tuple[int, int], stride: int, sigma: float
) -> tuple[Float[Tensor, "batch joints height width"], Joints]:
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
    return (row * inside[..., None])[..., :, None] * column[..., None, :], inside
