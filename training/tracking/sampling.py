"""How far a field of vectors points along straight lines: what part affinity and flow are both read by."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import grid_sample

POINTS = 10


def sample(
    field: Float[Tensor, "maps 2 rows columns"], start: Float[Tensor, "maps lines 2"], way: Float[Tensor, "maps lines 2"],
    stride: int,
) -> Float[Tensor, "maps 2 lines points"]:  # fmt: skip
    """The field at POINTS places along each line, evenly from its start to its end, both included.

    Args:
        field: vectors (x, y) on cells whose centres lie at (n + .5) stride px; read bilinearly, beyond the outermost centres
            as there.
        start: px; what comes of a line with a NaN means nothing.
        way: from there to the end, px.
        stride: px per cell.
    """
    scale = 2 / torch.tensor([field.shape[3] * stride, field.shape[2] * stride], dtype=start.dtype, device=start.device)
    share = torch.linspace(0, 1, POINTS, dtype=start.dtype, device=start.device)[:, None]
    first, further = (start * scale - 1).nan_to_num(0.0), (way * scale).nan_to_num(0.0)
    places = torch.addcmul(first.unsqueeze(2), further.unsqueeze(2), share).to(field.dtype)
    return grid_sample(field, places, mode="bilinear", padding_mode="border", align_corners=False)


def directions(way: Float[Tensor, "*lines 2"], least: float = 0.0) -> Float[Tensor, "*lines 2"]:
    """Unit vectors; 0 for a way of less than `least` px, of none, or with a NaN."""
    length = way.norm(dim=-1, keepdim=True)
    return torch.where((length > 0) & (length >= least), way / length, 0.0)
