"""COCO's average precision and recall of matched predictions, for many resamples of the people at once."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Int64, Real

from training.metrics.coco_match import Matches

RECALLS = np.linspace(0.0, 1.0, 101)
Weights = Real[np.ndarray, "resamples people"]
Kept = Bool[np.ndarray, " predictions"]
Sums = Float[np.ndarray, "_ resamples"]
Rows = Int64[np.ndarray, " _"]


def average_precision(matches: Matches, weights: Weights) -> Float[np.ndarray, "resamples thresholds"]:
    """101-point interpolated precision per OKS threshold, for each resample; NaN for a resample without people.

    weights: whole numbers, how often each person is drawn. A prediction is drawn as often as its owner, one of nobody once.
    One resample is worked out in double precision, several in single precision (7 digits).
    """
    result = np.full((len(weights), matches.matched.shape[1]), np.nan)
    totals = weights.sum(1)
    for total in np.unique(totals[totals > 0]):  # a bootstrap's resamples all hold as many people
        rows = np.flatnonzero(totals == total)
        result[rows] = _of_one_size(matches, weights[rows], int(total))
    return result


def average_recall(matches: Matches) -> float:
    """COCO's AR: the share of people found, mean over thresholds; NaN without people."""
    found = matches.matched & ~matches.ignored
    return float(found.sum() / (matches.people * found.shape[1])) if matches.people else float("nan")


def _of_one_size(matches: Matches, weights: Weights, total: int) -> Float[np.ndarray, "resamples thresholds"]:
    """Average precision of resamples of `total` people.

    Precision rises within a run of hits, so its envelope needs to be known at the ends of runs only. Everything stands with one
    row a prediction: sums run over rows, each as wide as there are resamples.
    """
    kind = np.float64 if len(weights) == 1 else np.float32
    drawn = np.concatenate([weights.T, np.ones((1, len(weights)))]).astype(kind)  # the last row: predictions of nobody
    order = np.argsort(-matches.score, kind="mergesort")
    reached = np.searchsorted(RECALLS, np.arange(total + 1) / total, side="right").astype(kind)  # recalls, by people found
    shared = None
    result = np.zeros((len(weights), matches.matched.shape[1]))
    for t in range(result.shape[1]):
        counted = order[~matches.ignored[order, t]]
        if len(counted) < len(order):
            seen = _running(drawn, matches.owner[counted])
        else:
            seen = shared = _running(drawn, matches.owner[order]) if shared is None else shared
        first, last = _runs(matches.matched[counted, t])
        if len(first):
            result[:, t] = _interpolated(seen, first, last, reached)
    return result


def _interpolated(seen: Sums, first: Rows, last: Rows, reached: Float[np.ndarray, " found"]) -> Float[np.ndarray, " resamples"]:
    """Mean precision at the 101 recalls, from the predictions seen before each row and where runs of hits begin and end."""
    precision = seen[last]
    found = precision - seen[first]
    _accumulate(np.add, found)
    np.divide(found, np.maximum(precision, 1, out=precision), out=precision)
    _accumulate(np.maximum, precision[::-1])
    precision[:-1] -= precision[1:].copy()  # what the envelope falls by behind each run counts for all recalls up to there
    return np.asarray(np.einsum("ij,ij->j", precision, reached.take(found.astype(np.intp), mode="clip"), dtype=np.float64)) / len(
        RECALLS
    )


def _running(drawn: Sums, owner: Rows) -> Sums:
    """How many predictions were drawn before each; one row more than predictions."""
    seen = np.concatenate([np.zeros_like(drawn[:1]), drawn[owner]])
    _accumulate(np.add, seen)
    return seen


def _accumulate(operation: np.ufunc, rows: Sums) -> None:
    """The operation's running results over rows, in place."""
    if rows.shape[1] == 1:
        operation.accumulate(rows, axis=0, out=rows)
        return
    for before, row in pairwise(rows):  # several times faster than `accumulate` over wide rows
        operation(before, row, out=row)


def _runs(hit: Kept) -> tuple[Rows, Rows]:
    """Where runs of hits begin, and the places behind their ends."""
    edges = np.flatnonzero(np.diff(hit.astype(np.int8), prepend=0, append=0)).astype(np.int64)
    return edges[::2], edges[1::2]
