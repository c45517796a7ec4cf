"""Integral regression: a joint is the mean place under the softmax of its map (Sun et al. 2018)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from smpl_assets.skeletons import Skeleton
from training.codecs.codec import Found, Frame, Knobs, Loss, People
from training.codecs.heatmap import gaussian_targets

Maps = Float[Tensor, "batch joints rows columns"]


@dataclass(frozen=True)
class IntegralTargets:
    """places: (B, J, 2) shares of the crop's width and height. maps: (B, J, h, w) Gaussians that add up to 1.

    supervised: joints inside the crop; the mean of places inside can be nowhere else.
    """

    places: Float[Tensor, "batch joints 2"]
    maps: Maps
    supervised: Bool[Tensor, "batch joints"]


@dataclass(frozen=True)
class Integral:
    """One map per joint, read as the logarithm of where it may be.

    sigma: cells, of the Gaussians that `heatmap` compares with, and of the score. heatmap: weight of the divergence of the
    softmax from a Gaussian about the joint, beside the distance of the mean.
    """

    sigma: float = 2.0
    heatmap: float = 0.0

    def channels(self, skeleton: Skeleton) -> int:
        """One per keypoint."""
        return len(skeleton)

    def targets(self, people: People, frame: Frame) -> IntegralTargets:
        """Joints of the subjects as shares of the crop."""
        keypoints, supervised = people.subject
        size = torch.tensor(frame.size_hw[::-1], dtype=keypoints.dtype, device=keypoints.device)
        places = keypoints / size
        inside = supervised & ((places >= 0) & (places <= 1)).all(2)
        maps, _ = gaussian_targets(keypoints, inside, frame.cells_hw, frame.stride, self.sigma)
        return IntegralTargets(places, maps / maps.sum((2, 3), keepdim=True).clamp(min=1e-6), inside)

    def loss(self, output: Maps, targets: IntegralTargets) -> Loss:
        """The distance in x plus that in y, as shares of the crop, and the weighted divergence."""
        logs = output.flatten(2).log_softmax(2)
        error = (_mean_place(logs.exp().view_as(output)) - targets.places).abs().sum(2)
        if self.heatmap:
            wanted = targets.maps.flatten(2)
            error = error + self.heatmap * (torch.xlogy(wanted, wanted) - wanted * logs).sum(2)
        error = torch.where(targets.supervised, error, 0.0)
        return Loss(error.sum(1), targets.supervised.sum(1).to(error.dtype))

    def mirror(self, output: Maps, flip: tuple[int, ...]) -> Maps:
        """Turned back, as heatmaps."""
        return output.flip(3)[:, list(flip)]

    def decode(self, output: Maps, frame: Frame) -> Found:
        """The mean places; the score is the mass within two sigma of it."""
        mass = output.flatten(2).softmax(2).view_as(output)
        places = _mean_place(mass)
        rows, columns = output.shape[2:]
        cells = places * torch.tensor([columns, rows], dtype=output.dtype, device=output.device)
        dx2 = (_centres(columns, output) - cells[..., :1]) ** 2
        dy2 = (_centres(rows, output) - cells[..., 1:]) ** 2
        near = dx2[:, :, None, :] + dy2[:, :, :, None] <= (2 * self.sigma) ** 2
        return Found(cells * frame.stride, (mass * near).sum((2, 3)).clamp(max=1))


def _centres(cells: int, like: Tensor) -> Tensor:
    """Middles of the cells; common code takes 0, 1, 2, ..., which is half a cell to the left and up."""
    return torch.arange(cells, dtype=like.dtype, device=like.device) + 0.5


def _mean_place(mass: Maps) -> Float[Tensor, "batch joints 2"]:
    """Shares of the map's width and height."""
    rows, columns = mass.shape[2:]
    x = (mass.sum(2) * _centres(columns, mass)).sum(2) / columns
    y = (mass.sum(3) * _centres(rows, mass)).sum(2) / rows
    return torch.stack([x, y], 2)


def open_integral(knobs: Knobs) -> Integral:
    """The codec of `train.codec = "integral"`."""
    return Integral(knobs.sigma)
