"""What the tracker's network is to say (T 5.1-5.3): heatmaps, part affinity fields, flow of limbs and of joints.

Cell (row i, column j) of a map at stride s lies at ((j + .5) s, (i + .5) s) px. Everything runs on the batch's device.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from training.tracking.skeleton_limbs import Limbs

SECTIONS = 20
_SHORTEST = 1e-3  # of a sum of unit vectors that still has a direction
_TOGETHER = 32  # things that are drawn at once, in windows of one size: what fits a cache


@dataclass(frozen=True)
class Grid:
    """Cells of a map; stride in px."""

    rows: int
    columns: int
    stride: int

    def centres(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """The rows' y and the columns' x, px."""
        y, x = ((torch.arange(n, device=device) + 0.5) * self.stride for n in (self.rows, self.columns))
        return y, x


def heatmaps(
    keypoints: Float[Tensor, "batch people joints 2"], grid: Grid, sigma: float
) -> Float[Tensor, "batch joints+1 rows columns"]:
    """A Gaussian of `sigma` px about each joint, the highest where people overlap, and the background: 1 - the highest of all.

    Joints that are not there are NaN.
    """
    y, x = grid.centres(keypoints.device)
    gap_x, gap_y = keypoints[..., 0, None] - x, keypoints[..., 1, None] - y
    along_x, along_y = (torch.exp(-(gap**2) / (2 * sigma**2)).nan_to_num(0.0) for gap in (gap_x, gap_y))
    if keypoints.shape[1]:
        maps = (along_y.unsqueeze(-1) * along_x.unsqueeze(-2)).amax(1)
    else:
        maps = keypoints.new_zeros(len(keypoints), keypoints.shape[2], grid.rows, grid.columns)
    return torch.cat([maps, 1 - maps.amax(1, keepdim=True)], 1)


def affinity(
    keypoints: Float[Tensor, "batch people joints 2"], limbs: Limbs, grid: Grid, width: float
) -> Float[Tensor, "batch channels rows columns"]:
    """Part affinity fields: the unit vector of a limb on cells within `width` px of it, mean over people; (x, y) per limb."""
    upper, lower = _ends(keypoints, limbs)
    return _swept(upper.unsqueeze(3), lower.unsqueeze(3), grid, width, 1e-6)


def limb_flow(
    before: Float[Tensor, "batch people joints 2"], after: Float[Tensor, "batch people joints 2"], limbs: Limbs, grid: Grid,
    width: float, still: float, sections: int = SECTIONS,
) -> Float[Tensor, "batch channels rows columns"]:  # fmt: skip
    """Temporal flow maps for limbs; (x, y) per limb.

    Each limb is cut into `sections` points, both ends among them. On cells within `width` px of a point's way from the earlier
    frame to the later one stands the unit vector of that way (5.1); where several ways of one person meet, the direction of
    their sum (5.2); the mean over the people that have one (5.3). Ways below `still` px are not drawn, nor limbs that a frame
    lacks.
    """
    share = torch.linspace(0, 1, sections, device=before.device)[:, None]
    starts, ends = (a.unsqueeze(3) * (1 - share) + b.unsqueeze(3) * share for a, b in (_ends(k, limbs) for k in (before, after)))
    return _swept(starts, ends, grid, width, still)


def joint_flow(
    before: Float[Tensor, "batch people joints 2"],
    after: Float[Tensor, "batch people joints 2"],
    grid: Grid,
    width: float,
    still: float,
) -> Float[Tensor, "batch channels rows columns"]:
    """The same of the joints themselves; (x, y) per joint."""
    return _swept(before.unsqueeze(3), after.unsqueeze(3), grid, width, still)


def accumulated(flow: Float[Tensor, "batch channels rows columns"]) -> Float[Tensor, "batch 2 rows columns"]:
    """One flow for all limbs: the mean over the limbs that have one at a cell."""
    vectors = flow.unflatten(1, (-1, 2))
    count = (vectors != 0).any(2, keepdim=True).sum(1)
    return vectors.sum(1) / count.clamp(min=1)


def _ends(keypoints: Tensor, limbs: Limbs) -> tuple[Tensor, Tensor]:
    pairs = torch.tensor(limbs.pairs, device=keypoints.device).reshape(-1, 2)
    return keypoints[:, :, pairs[:, 0]], keypoints[:, :, pairs[:, 1]]


def _swept(starts: Tensor, ends: Tensor, grid: Grid, width: float, still: float) -> Tensor:
    """Mean over people of the directions in which things move; (B, 2 things, rows, columns).

    starts, ends: (B, people, things, points, 2) px; a thing with a NaN is not drawn. Drawn are only windows about the things.
    """
    batch, _, things = starts.shape[:3]
    way = ends - starts
    length = way.norm(dim=-1)
    drawn = torch.isfinite(length).all(-1) & (length >= still).any(-1)
    sample, _, thing = drawn.nonzero(as_tuple=True)
    field = starts.new_zeros(batch * things * grid.rows * grid.columns, 3)
    if len(sample):
        start, way, length = starts[drawn], way[drawn], length[drawn]
        direction = torch.where((length >= still).unsqueeze(-1), way / length.clamp(min=1e-12).unsqueeze(-1), 0.0)
        low, high = _bounds(torch.cat([start, start + way], 1), grid, width)
        base = (sample * things + thing) * grid.rows * grid.columns
        for part in (high - low + 1).prod(1).argsort().split(_TOGETHER):
            rows, columns = (_window(low[part, n], high[part, n], size) for n, size in ((1, grid.rows), (0, grid.columns)))
            cells = base[part, None, None] + rows.unsqueeze(2) * grid.columns + columns.unsqueeze(1)
            values = _directions(start[part], direction[part], length[part], rows, columns, grid.stride, width)
            field.index_add_(0, cells.flatten(), values.reshape(-1, 3))
    mean = field[:, :2] / field[:, 2:].clamp(min=1)
    return mean.view(batch, things, grid.rows, grid.columns, 2).movedim(4, 2).flatten(1, 2)


def _bounds(points: Tensor, grid: Grid, width: float) -> tuple[Tensor, Tensor]:
    """First and last (column, row) of the grid, (N, 2), that may be within `width` of points (N, P, 2)."""
    last = torch.tensor([grid.columns - 1, grid.rows - 1], device=points.device)
    low = torch.ceil((points.amin(1) - width) / grid.stride - 0.5).clamp(min=0).minimum(last)
    high = torch.floor((points.amax(1) + width) / grid.stride - 0.5).clamp(min=0).minimum(last)
    return low.long(), high.long()


def _window(low: Tensor, high: Tensor, size: int) -> Tensor:
    """Rows or columns, equally many for all, that hold low..high; (N, count)."""
    count = int((high - low).max()) + 1
    return low.clamp(max=size - count)[:, None] + torch.arange(count, device=low.device)


def _directions(
    start: Tensor, direction: Tensor, length: Tensor, rows: Tensor, columns: Tensor, stride: int, width: float
) -> Tensor:  # fmt: skip
    """Direction (x, y) of one thing of one person at its cells, and 1 where it has one: (N, rows, columns, 3).

    start, direction: (N, points, 2); length (N, points).
    """
    x, y = ((n.unsqueeze(1) + 0.5) * stride - start[..., axis, None] for axis, n in ((0, columns), (1, rows)))
    ux, uy = direction[..., 0, None], direction[..., 1, None]
    along = (x * ux).unsqueeze(2) + (y * uy).unsqueeze(3)
    across = (x * -uy).unsqueeze(2) + (y * ux).unsqueeze(3)
    beyond = along - along.clamp(min=0).minimum(length[..., None, None])
    near = (across.square_() + beyond.square_() <= width**2).flatten(2).to(start.dtype)
    total = near.transpose(1, 2) @ direction
    size = total.norm(dim=-1, keepdim=True)
    has = size > _SHORTEST
    unit = torch.where(has, total / size.clamp(min=_SHORTEST), 0.0)
    return torch.cat([unit, has.to(unit.dtype)], -1).unflatten(1, (rows.shape[1], columns.shape[1]))
