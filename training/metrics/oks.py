"""Object keypoint similarity (eq 2.3) and COCO's average precision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64

from smpl_assets.pose_table import PoseTable

THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0.0, 1.0, 101)
Predicted = Float[np.ndarray, "predictions joints 2"]
Points = Float[np.ndarray, "people joints 2"]
Known = Bool[np.ndarray, "people joints"]
PerPerson = Float[np.ndarray, " people"]
Sigmas = Float[np.ndarray, " joints"]
Rows = Int64[np.ndarray, " predictions"]
Similarity = Float[np.ndarray, "predictions people"]
Hits = Bool[np.ndarray, "predictions thresholds"]


def oks(predicted: Predicted, keypoints: Points, annotated: Known, area: PerPerson, sigmas: Sigmas) -> Similarity:
    """OKS of every prediction with every person (eq 2.3), in [0, 1].

    The mean over annotated joints of exp(-d^2 / (2 area (2 sigma)^2)). Every person needs an annotated joint.
    """
    squared = ((predicted[:, None] - keypoints[None]) ** 2).sum(3)
    exponent = squared / ((2 * sigmas) ** 2 * 2 * (area[:, None] + np.spacing(1)))[None]
    return (np.exp(-exponent) * annotated[None]).sum(2) / annotated.sum(1)[None]


def own_oks(predicted: Points, keypoints: Points, annotated: Known, area: PerPerson, sigmas: Sigmas) -> PerPerson:
    """OKS of each prediction with its own person; every person needs an annotated joint."""
    squared = ((predicted - keypoints) ** 2).sum(2)
    exponent = squared / ((2 * sigmas) ** 2 * 2 * (area[:, None] + np.spacing(1)))
    return (np.exp(-exponent) * annotated).sum(1) / annotated.sum(1)


@dataclass(frozen=True)
class Matches:
    """What COCO's matching says of M predictions for n people.

    score: (M,) of the predictions. matched: (M, T) whether the prediction found a person at each OKS threshold.
    owner: (M,) the person whose prediction it is, -1 for one of nobody. people: n.
    """

    score: Float[np.ndarray, " predictions"]
    matched: Hits
    owner: Rows
    people: int


def match(predicted: Predicted, score: Float[np.ndarray, " predictions"], image: Rows, owner: Rows, table: PoseTable) -> Matches:
    """Match predictions to people image by image, as COCO's evaluator does: best score first, each person taken once.

    The people of the table are all there is: others of the same image neither help nor hurt. `image` indexes its images, `owner`
    its people (-1: nobody's).
    """
    sigmas = np.array(table.skeleton.sigmas)
    matched = np.zeros((len(score), len(THRESHOLDS)), bool)
    alone = _alone(image, owner, table)
    own = table.select(owner[alone])
    similarity = own_oks(predicted[alone], own.keypoints, own.annotated, own.area, sigmas)
    matched[alone] = similarity[:, None] >= np.minimum(THRESHOLDS, 1 - 1e-10)
    for rows, people in _shared_images(image, alone, table):
        truth = (table.keypoints[people], table.annotated[people], table.area[people])
        by_score = np.argsort(-score[rows], kind="mergesort")
        matched[rows] = _match_image(oks(predicted[rows], *truth, sigmas), by_score)
    return Matches(score, matched, owner, len(table))


def _alone(image: Rows, owner: Rows, table: PoseTable) -> Int64[np.ndarray, " alone"]:
    """Predictions that are their image's only one, as their owner is its only person."""
    images = len(table.images)
    single = (np.bincount(image, minlength=images) == 1) & (np.bincount(table.image, minlength=images) == 1)
    return np.flatnonzero((owner >= 0) & single[image])


def _shared_images(image: Rows, alone: Int64[np.ndarray, " alone"], table: PoseTable) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows of the predictions and of the people of each further image that has both."""
    rest = np.setdiff1d(np.arange(len(image)), alone)
    rest, people = (
        rows[np.argsort(of[rows], kind="stable")] for rows, of in ((rest, image), (np.arange(len(table)), table.image))
    )
    for number in np.intersect1d(image[rest], table.image):
        first, last = np.searchsorted(image[rest], [number, number + 1])
        start, end = np.searchsorted(table.image[people], [number, number + 1])
        yield rest[first:last], people[start:end]


def _match_image(similarity: Similarity, by_score: np.ndarray) -> Hits:
    """Greedy matching of one image at every threshold; among equal similarities the last person wins, as in pycocotools."""
    matched = np.zeros((len(similarity), len(THRESHOLDS)), bool)
    for t, threshold in enumerate(np.minimum(THRESHOLDS, 1 - 1e-10)):
        free = np.ones(similarity.shape[1], bool)
        for prediction in by_score:
            candidates = np.where(free, similarity[prediction], -1.0)
            best = len(candidates) - 1 - int(np.argmax(candidates[::-1]))
            if candidates[best] >= threshold:
                matched[prediction, t], free[best] = True, False
    return matched


def average_precision(
    matches: Matches, weights: Float[np.ndarray, "resamples people"]
) -> Float[np.ndarray, "resamples thresholds"]:
    """101-point interpolated precision per OKS threshold, for each resample; `weights` say how often each person is drawn.

    A prediction is drawn as often as its owner, one of nobody once. NaN for a resample without people.
    """
    order = np.argsort(-matches.score, kind="mergesort")
    carried = weights if matches.people else np.zeros((len(weights), 1))
    drawn = np.where(matches.owner >= 0, carried[:, matches.owner], 1.0)[:, order].astype(np.float64)
    found, total = np.cumsum(drawn, axis=1), weights.sum(1)
    result = np.empty((len(weights), matches.matched.shape[1]))
    for t in range(result.shape[1]):
        hit = np.flatnonzero(matches.matched[order, t])  # precision peaks at hits, the places between them need not be looked at
        hits, below = np.cumsum(drawn[:, hit], axis=1), found[:, hit]
        precision = np.divide(hits, below, out=np.zeros_like(hits), where=below > 0)
        envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
        result[:, t] = [_interpolated(h, e, n) for h, e, n in zip(hits, envelope, total, strict=True)]
    return np.where(total[:, None] > 0, result, np.nan)


def _interpolated(hits: np.ndarray, envelope: np.ndarray, total: float) -> float:
    """Mean precision at the 101 recalls; recalls that are not reached count zero."""
    places = np.searchsorted(hits / max(total, 1.0), RECALLS, side="left")
    return float(np.append(envelope, 0.0)[places].mean())


def average_recall(matches: Matches) -> float:
    """COCO's AR: the share of people found, mean over thresholds; NaN without people."""
    return float(matches.matched.sum() / (matches.people * len(THRESHOLDS))) if matches.people else float("nan")
