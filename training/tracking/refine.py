"""Filling a frame from its neighbours (T fig 5.5): people and joints that are in the frames before and after it, not in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float

from training.tracking.people import UNTRACKED, People
from training.tracking.score import heights

LEAST_JOINTS = 3
DOUBT = 0.5  # score of what was filled, of the mean of what it was filled from
STILL_ENOUGH = 0.3  # heights that people may move from the frame before to the one after: midpoints of more are guesses
COVERED = 0.6  # IoU with a person who is there
SURE = 0.65  # score of a joint before and after: of less sure ones most means are wrong, and cost more than they find


def refine(
    before: People, middle: People, after: People, size_wh: tuple[int, int], ignore: tuple[np.ndarray, ...] = (),
    share: float = 0.5,
) -> People:  # fmt: skip
    """The middle frame's people with what its neighbours know, and behind them those whom only its neighbours have.

    A person with one id before and after stands at the mean of the joints that both are sure of, weighted where the middle frame
    is not midway (`share`: of the time that has gone by then); so does a joint that only the middle frame lacks.
    Nothing is filled outside the picture or inside an ignored region, nor between poses that are too far apart, nor a person with
    fewer than LEAST_JOINTS, or whom somebody found covers.
    """
    ids = np.intersect1d(before.ids[before.ids != UNTRACKED], after.ids)
    rows = [np.array([np.flatnonzero(p.ids == i)[0] for i in ids], int) for p in (before, after)]
    ends = [p.keypoints[r] for p, r in zip((before, after), rows, strict=True)]
    scores = [p.joint_scores[r] for p, r in zip((before, after), rows, strict=True)]
    mean = (1 - share) * ends[0] + share * ends[1]
    gap = np.linalg.norm(ends[1] - ends[0], axis=2)
    common = np.isfinite(gap)
    moved = np.where(common, gap, 0).sum(1) / np.maximum(common.sum(1), 1) / (heights(ends[0]) + heights(ends[1])) * 2
    usable = common & (np.minimum(*scores) >= SURE) & _inside(mean, size_wh, ignore) & (moved < STILL_ENOUGH)[:, None]
    joint_scores = DOUBT * sum(scores) / 2
    filled = _with_joints(middle, ids, mean, joint_scores, usable)
    new = ~np.isin(ids, middle.ids) & (usable.sum(1) >= LEAST_JOINTS)
    added = np.where(usable[..., None], mean, np.nan)[new]
    free = ~(_overlap(added, middle.keypoints) > COVERED).any(1)
    chosen = np.flatnonzero(new)[free]
    return _appended(
        filled,
        ids[chosen],
        added[free],
        np.where(usable, joint_scores, 0)[chosen],
        DOUBT * _mean_score(before, after, rows)[chosen],
    )


def _mean_score(before: People, after: People, rows: list[np.ndarray]) -> np.ndarray:
    return (before.scores[rows[0]] + after.scores[rows[1]]) / 2


def _with_joints(middle: People, ids: np.ndarray, mean: np.ndarray, scores: np.ndarray, usable: np.ndarray) -> People:
    """Joints that the middle frame's own people lack."""
    of = {int(i): n for n, i in enumerate(ids)}
    row = np.array([of.get(int(i), -1) for i in middle.ids], int)
    lacking = ~middle.present & (row >= 0)[:, None]
    if len(ids):
        lacking &= usable[row]
    if not lacking.any():
        return middle
    keypoints = np.where(lacking[..., None], mean[row], middle.keypoints)
    return replace(middle, keypoints=keypoints, joint_scores=np.where(lacking, scores[row], middle.joint_scores))


def _appended(people: People, ids: np.ndarray, keypoints: np.ndarray, joint_scores: np.ndarray, scores: np.ndarray) -> People:
    if not len(ids):
        return people
    hidden = np.zeros(joint_scores.shape, bool)
    return People(
        np.concatenate([people.keypoints, keypoints]), np.concatenate([people.joint_scores, joint_scores]),
        np.concatenate([people.visible, hidden]), np.concatenate([people.scores, scores]),
        np.concatenate([people.ids, ids]), np.concatenate([people.head_boxes, np.full((len(ids), 4), np.nan)]),
    )  # fmt: skip


def _inside(
    points: Float[np.ndarray, "people joints 2"], size_wh: tuple[int, int], ignore: tuple[np.ndarray, ...]
) -> Bool[np.ndarray, "people joints"]:
    with np.errstate(invalid="ignore"):
        inside = np.asarray(((points >= 0) & (points < size_wh)).all(2))
    for polygon in ignore:
        inside[within(points, polygon)] = False
    return inside


def within(points: Float[np.ndarray, "*many 2"], polygon: Float[np.ndarray, "corners 2"]) -> Bool[np.ndarray, "*many"]:
    """Which points a polygon holds, by the crossings of a ray to the right."""
    x, y = points[..., 0, None], points[..., 1, None]
    (x0, y0), (x1, y1) = polygon.T, np.roll(polygon, -1, 0).T
    with np.errstate(invalid="ignore", divide="ignore"):
        crosses = ((y0 > y) != (y1 > y)) & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    held: Bool[np.ndarray, "*many"] = crosses.sum(-1) % 2 == 1
    return held


def _overlap(first: np.ndarray, second: np.ndarray) -> Float[np.ndarray, "first second"]:
    """IoU of the boxes about people's joints."""
    (low, high), (low2, high2) = _boxes(first), _boxes(second)
    with np.errstate(invalid="ignore", divide="ignore"):
        size = (np.minimum(high[:, None], high2) - np.maximum(low[:, None], low2)).clip(0).prod(2)
        return np.nan_to_num(size / ((high - low).prod(1)[:, None] + (high2 - low2).prod(1) - size))


def _boxes(keypoints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    there = np.isfinite(keypoints)
    return np.where(there, keypoints, np.inf).min(1, initial=np.inf), np.where(there, keypoints, -np.inf).max(1, initial=-np.inf)
