"""Windows at whole cells: cut from maps and put back, exactly, with gradients that do not depend on the order of sums."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn.functional import pad

Corners = Int64[Tensor, "windows 2"]


def cut_cells(
    maps: Float[Tensor, "batch channels rows columns"], owner: Int64[Tensor, " windows"], corners: Corners, size: int
) -> Float[Tensor, "windows channels size size"]:
    """Windows of size x size cells from their corners (x, y) on, zero outside the map. owner: the sample of each."""
    rows, columns = _cells(corners, size, maps.shape[2:])
    padded = pad(maps, (size, size, size, size))
    return padded[owner[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def paste_cells(
    windows: Float[Tensor, "batch joints size size"],
    corners: Int64[Tensor, "batch joints 2"],
    shape: tuple[int, int],
    fill: float,
) -> Float[Tensor, "batch joints rows columns"]:
    """Maps of a shape that hold a window from its corner (x, y) on, else the fill; what lies outside is lost."""
    batch, joints, size = windows.shape[:3]
    rows, columns = _cells(corners.flatten(0, 1), size, shape)
    padded = windows.new_full((batch * joints, shape[0] + 2 * size, shape[1] + 2 * size), fill)
    which = torch.arange(padded.shape[0], device=windows.device)[:, None, None]
    padded = padded.index_put((which, rows[:, :, None], columns[:, None, :]), windows.flatten(0, 1))
    return padded[:, size : size + shape[0], size : size + shape[1]].unflatten(0, (batch, joints))


def _cells(corners: Corners, size: int, shape: tuple[int, ...] | torch.Size) -> tuple[Tensor, Tensor]:
    """Rows and columns in a map padded by a window on all sides; windows farther out stay in the padding."""
    steps = torch.arange(size, device=corners.device)
    x, y = (corners[:, axis].clamp(-size, shape[1 - axis]) + size for axis in (0, 1))
    return y[:, None] + steps, x[:, None] + steps
