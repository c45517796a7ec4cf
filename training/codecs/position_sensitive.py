"""Position-sensitive maps: regions are divided into bins, and every bin of a joint has a map of its own (T 3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from smpl_assets.skeletons import Skeleton
from training.codecs.codec import SHORTEST_RANDOM, Decode, Found, Frame, Loss, People
from training.codecs.heatmap import gaussian_targets
from training.codecs.peaks import decode_heatmaps

AT_USE = 10  # regions along each side of a crop whose joints are looked for
Maps = Float[Tensor, "batch channels rows columns"]
Regions = Int64[Tensor, "regions 4"] | Int64[Tensor, "batch regions 4"]  # of all samples alike, or of each
Bins = Float[Tensor, "batch regions joints bins bins"]


@dataclass(frozen=True)
class RegionTargets:
    """regions: cells, x0, y0, x1, y1. bins: the heatmaps' means over their bins. supervised: joints with a heatmap."""

    regions: Regions
    bins: Bins
    supervised: Bool[Tensor, "batch joints"]


@dataclass(frozen=True)
class PositionSensitive:
    """Per joint the global heatmap and bins x bins maps, row by row. The loss is about these; both are decoded.

    sigma: of the heatmaps, cells. regions: drawn at every step where people bring none. use: what is decoded, the global map, the
    regions' maps put back where they were cut, or the sum of the two.
    """

    sigma: float = 1.0
    how: Decode = "quarter"
    bins: int = 7
    regions: int = 20
    use: Literal["global", "local", "sum"] = "sum"

    def channels(self, skeleton: Skeleton) -> int:
        """1 + bins^2 per keypoint."""
        return (1 + self.bins**2) * len(skeleton)

    def targets(self, people: People, frame: Frame) -> RegionTargets:
        """The heatmaps, pooled by each sample's regions, or else by regions of random place and size, the same for all samples.

        These come from torch's generator, which the training seeds by step.
        """
        keypoints, supervised = people.subject
        maps, known = gaussian_targets(keypoints, supervised, frame.cells_hw, frame.stride, self.sigma)
        if people.regions is None:
            regions = draw_regions(torch.rand(self.regions, 4), frame.cells_hw).to(maps.device)
        else:
            regions = whole_cells(people.regions, frame)
        rows, columns = pooling(regions, self.bins, frame.cells_hw)
        return RegionTargets(regions, _pool(rows, columns, "bnyx", maps), known)

    def loss(self, output: Maps, targets: RegionTargets) -> Loss:
        """Eq 3.3: the mean over regions and bins of the squared error of each supervised joint."""
        error = ((self._pooled(output, targets.regions) - targets.bins) ** 2).mean((1, 3, 4)) * targets.supervised
        return Loss(error.sum(1), targets.supervised.sum(1).to(error.dtype))

    def mirror(self, output: Maps, flip: tuple[int, ...]) -> Maps:
        """Turned back; the bins of a row change places."""
        joints = output.unflatten(1, (-1, 1 + self.bins**2)).flip(4)[:, list(flip)]
        local = joints[:, :, 1:].unflatten(2, (self.bins, self.bins)).flip(3).flatten(2, 3)
        return torch.cat([joints[:, :, :1], local], 2).flatten(1, 2)

    def decode(self, output: Maps, frame: Frame) -> Found:
        """The maximum of the global map, of the local one, or of their sum, halved, so that a score keeps its scale."""
        whole = output.unflatten(1, (-1, 1 + self.bins**2))[:, :, 0]
        if self.use == "global":
            return Found(*decode_heatmaps(whole, frame.stride, self.how))
        regions = covering_regions(self.bins, frame.cells_hw).to(output.device)
        local = put_back(self._pooled(output, regions), regions, frame.cells_hw)
        return Found(*decode_heatmaps(local if self.use == "local" else (whole + local) / 2, frame.stride, self.how))

    def _pooled(self, output: Maps, regions: Regions) -> Bins:
        """Eq 3.2: bin (i, j) of a region is the mean of the joint's map (i, j) over the bin's cells."""
        local = output.unflatten(1, (-1, 1 + self.bins**2))[:, :, 1:].unflatten(2, (self.bins, self.bins))
        rows, columns = pooling(regions, self.bins, (output.shape[2], output.shape[3]))
        return _pool(rows, columns, "bnijyx", local)


def _pool(
    rows: Float[Tensor, "*batch regions bins rows"],
    columns: Float[Tensor, "*batch regions bins columns"],
    axes: str,
    maps: Tensor,
) -> Bins:
    """Means over bins, in float32 under autocast too. axes: of the maps."""
    r = "r" if rows.dim() == 3 else "br"
    with torch.autocast(maps.device.type, enabled=False):
        return torch.einsum(f"{r}iy,{r}jx,{axes}->brnij", rows, columns, maps.float())


def draw_regions(dice: Float[Tensor, "regions 4"], cells_hw: tuple[int, int]) -> Regions:
    """Regions at whole cells, with sides from a quarter of the map's on; the first is the whole map."""
    size = torch.tensor([cells_hw[1], cells_hw[0]])
    sides = ((SHORTEST_RANDOM + (1 - SHORTEST_RANDOM) * dice[:, :2]) * size).round().long().clamp(min=1)
    sides = torch.minimum(sides, size)
    sides[0] = size
    corners = (dice[:, 2:] * (size - sides + 1)).long().minimum(size - sides)
    return torch.cat([corners, corners + sides], 1)


def whole_cells(regions: Float[Tensor, "batch regions 4"], frame: Frame) -> Regions:
    """Regions (px of the crop) with borders at the nearest cells' borders, within the map and at least a cell wide and high."""
    cells = torch.floor(regions / frame.stride + 0.5).long()
    size = torch.tensor([frame.cells_hw[1], frame.cells_hw[0]], device=regions.device)
    start = torch.minimum(cells[..., :2].clamp(min=0), size - 1)
    return torch.cat([start, torch.minimum(torch.maximum(cells[..., 2:], start + 1), size)], -1)


def covering_regions(bins: int, cells_hw: tuple[int, int]) -> Regions:
    """Regions of which every bin is one cell, so that nothing is averaged away, spread evenly over the map; they cover it."""
    rows, columns = (
        torch.linspace(0, last, min(AT_USE, last + 1)).round().long() for last in (max(n - bins, 0) for n in cells_hw)
    )
    y, x = (axis.flatten() for axis in torch.meshgrid(rows, columns, indexing="ij"))
    return torch.stack([x, y, x + min(bins, cells_hw[1]), y + min(bins, cells_hw[0])], 1)


def pooling(
    regions: Regions, bins: int, cells_hw: tuple[int, int]
) -> tuple[Float[Tensor, "*batch regions bins rows"], Float[Tensor, "*batch regions bins columns"]]:
    """Weights of the rows and of the columns in each bin: its cells, from the floor of its start to the ceiling of its end."""
    found = []
    for axis, cells in ((1, cells_hw[0]), (0, cells_hw[1])):
        start, length = regions[..., axis, None], (regions[..., axis + 2] - regions[..., axis])[..., None]
        steps = torch.arange(bins, device=regions.device)
        low = start + torch.div(steps * length, bins, rounding_mode="floor")
        high = start - torch.div(-(steps + 1) * length, bins, rounding_mode="floor")
        places = torch.arange(cells, device=regions.device)
        inside = ((places >= low[..., None]) & (places < high[..., None])).float()
        found.append(inside / inside.sum(-1, keepdim=True).clamp(min=1))
    return found[0], found[1]


def put_back(pooled: Bins, regions: Regions, cells_hw: tuple[int, int]) -> Float[Tensor, "batch joints rows columns"]:
    """Maps from the bins of regions: bilinear inside each, the mean where several overlap."""
    weights = []
    for axis, cells in ((1, cells_hw[0]), (0, cells_hw[1])):
        bins = pooled.shape[3 + (axis == 0)]
        start, length = regions[:, axis, None], (regions[:, axis + 2] - regions[:, axis])[:, None]
        places = torch.arange(cells, device=regions.device)
        along = ((places + 0.5 - start) / length * bins - 0.5).clamp(0, bins - 1)
        near = (1 - (along[:, None] - torch.arange(bins, device=regions.device)[:, None]).abs()).clamp(min=0)
        weights.append(near * ((places >= start) & (places < start + length))[:, None])
    rows, columns = weights
    covered = torch.einsum("riy,rjx->yx", rows, columns)
    return torch.einsum("riy,rjx,brnij->bnyx", rows, columns, pooled) / covered.clamp(min=1e-6)
