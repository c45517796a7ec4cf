"""Matching people of one frame to tracks by their similarity."""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment

Matching = Literal["hungarian", "greedy"]
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
    pick = _greedy if matching == "greedy" else _hungarian
    matched = np.full(len(similarity), UNMATCHED)
    if allowed.any():
        rows, columns = pick(np.where(allowed, similarity, FORBIDDEN))
        kept = allowed[rows, columns]
        matched[rows[kept]] = columns[kept]
    return matched


def _hungarian(score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = linear_sum_assignment(score, maximize=True)
    return rows, columns


def _greedy(score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ties go to the earlier row, then column."""
    rows, columns = np.unravel_index(np.argsort(-score, axis=None, kind="stable"), score.shape)
    free_row, free_column = np.ones(score.shape[0], bool), np.ones(score.shape[1], bool)
    taken = []
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        if free_row[row] and free_column[column]:
            free_row[row] = free_column[column] = False
            taken.append((row, column))
            if len(taken) == min(score.shape):
                break
    pairs = np.array(taken)
    return pairs[:, 0], pairs[:, 1]
