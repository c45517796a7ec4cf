"""Pairs of least total cost."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment


def cheapest_pairs(
    cost: Float[np.ndarray, "rows columns"],
) -> tuple[Int[np.ndarray, " pairs"], Int[np.ndarray, " pairs"]]:
    """As many pairs as possible, then of least total cost. cost: not negative, inf where two cannot be a pair."""
    allowed = np.isfinite(cost)
    if not allowed.any():
        return np.empty(0, np.int64), np.empty(0, np.int64)
    # one forbidden pair costs more than the dearest choice of allowed ones (motmetrics' rule, so that ties fall as there)
    dear = 2.0 * min(cost.shape) * (cost[allowed].max() + 1.0) + 1.0
    rows, columns = linear_sum_assignment(np.where(allowed, cost, dear))
    kept = allowed[rows, columns]
    return rows[kept], columns[kept]
