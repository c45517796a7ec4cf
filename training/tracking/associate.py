"""Matching by a score: the best sum, or the best pair first."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.optimize import linear_sum_assignment

from training.tracking.online_settings import Matching

UNMATCHED = -1
FORBIDDEN = -1e6


def match(
    similarity: Float[np.ndarray, "before after"], least: float, matching: Matching = "hungarian"
) -> Int[np.ndarray, " before"]:
    """For each earlier person the later one that it is, UNMATCHED where none.

    Args:
        similarity: the more, the more likely; -inf and NaN forbid a pair.
        least: pairs up to this similarity are forbidden too.
        matching: `hungarian` maximises the sum over all pairs; `greedy` takes the best pair, then the best of the rest.
    """
    allowed = similarity > least
    matched = np.full(len(similarity), UNMATCHED)
    if not allowed.any():
        return matched
    if matching == "greedy":
        rows, columns = np.nonzero(greedy(np.where(allowed, similarity, -np.inf)))
    else:
        rows, columns = linear_sum_assignment(np.where(allowed, similarity, FORBIDDEN), maximize=True)
    kept = allowed[rows, columns]
    matched[rows[kept]] = columns[kept]
    return matched


def greedy(score: Float[np.ndarray, "*many before after"]) -> Bool[np.ndarray, "*many before after"]:
    """Which pairs are taken where the best pair goes first, then the best of the rest, in many tables at once.

    -inf forbids a pair. Of equal pairs the first in reading order goes first. Each round takes all pairs that are the best of
    both their row and their column, which gives the same pairs.
    """
    left, taken = score.copy(), np.zeros(score.shape, bool)
    if 0 in score.shape:
        return taken
    rows, columns = np.arange(score.shape[-2]), np.arange(score.shape[-1])
    while np.isfinite(left).any():
        of_row, of_column = left.argmax(-1), left.argmax(-2)
        best = (columns == of_row[..., None]) & (rows[:, None] == of_column[..., None, :]) & np.isfinite(left)
        taken |= best
        left[best.any(-1)[..., :, None] | best.any(-2)[..., None, :]] = -np.inf
    return taken
