"""Points in polygons."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float


def strictly_inside(points: Float[np.ndarray, "*rows 2"], polygon: Float[np.ndarray, "corners 2"]) -> Bool[np.ndarray, "*rows"]:
    """Which points lie inside a polygon and not on its outline; False for NaN. Where it crosses itself: even and odd."""
    start, end = polygon, np.roll(polygon, -1, axis=0)
    x, y = points[..., 0, None], points[..., 1, None]
    side, offset = end - start, points[..., None, :] - start
    cross = side[:, 0] * offset[..., 1] - side[:, 1] * offset[..., 0]
    spans = (np.minimum(start, end) <= points[..., None, :]) & (points[..., None, :] <= np.maximum(start, end))
    on_outline = ((cross == 0) & spans.all(-1)).any(-1)
    rises = (start[:, 1] > y) != (end[:, 1] > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        left_of = x < start[:, 0] + side[:, 0] * offset[..., 1] / side[:, 1]
    return ((rises & left_of).sum(-1) % 2 == 1) & ~on_outline
