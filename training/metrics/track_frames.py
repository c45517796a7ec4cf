"""Whole people, or one joint of theirs, as the objects that tracks are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from smpl_assets.skeletons import get_skeleton
from training.metrics.oks import oks
from training.metrics.posetrack_official import REACH
from training.metrics.track_pairs import JOINTS, Pair, Pairs

PersonSimilarity = Literal["joints", "oks"]
_SIGMAS = np.array(get_skeleton("posetrack15").sigmas)
# PoseTrack21's: similarity falls to 0 just beyond the reach, so that a joint at .5 head sizes is still above 0.
_FALL = 0.5001


@dataclass(frozen=True)
class Objects:
    """Objects of one frame. similarity: in [0, 1]. Ids count from 0 within the sequence."""

    truth: Int[np.ndarray, " truth"]
    predicted: Int[np.ndarray, " predicted"]
    similarity: Float[np.ndarray, "truth predicted"]


@dataclass(frozen=True)
class Tracks:
    """The frames of one sequence. truth_tracks, predicted_tracks: numbers of ids."""

    frames: tuple[Objects, ...]
    truth_tracks: int
    predicted_tracks: int


def people_tracks(pairs: Pairs, similarity: PersonSimilarity = "joints") -> Tracks:
    """People with an annotated joint, and predicted ones with any.

    similarity: `joints`, the share of the annotated joints within half a head; `oks`, over the box of the annotated joints.
    """
    frames = []
    for pair in pairs.frames:
        known, found = pair.annotated.any(1), pair.found.any(1)
        alike = (_share(pair) if similarity == "joints" else _oks(pair))[np.ix_(known, found)]
        frames.append(Objects(pair.truth_ids[known], pair.predicted_ids[found], alike))
    return Tracks(tuple(frames), pairs.truth_tracks, pairs.predicted_tracks)


def joint_tracks(pairs: Pairs) -> Iterator[Tracks]:
    """One joint type after the other. Similarity: 1 - distance / (.5001 head sizes), not below 0, as PoseTrack21."""
    views = [(p, p.annotated, p.found, np.maximum(1.0 - p.distance / _FALL, 0.0)) for p in pairs.frames]
    for joint in range(len(JOINTS)):
        frames = []
        for pair, annotated, found, alike in views:
            known, seen = np.flatnonzero(annotated[:, joint]), np.flatnonzero(found[:, joint])
            similarity = alike[known[:, None], seen, joint]
            frames.append(Objects(pair.truth_ids[known], pair.predicted_ids[seen], similarity))
        yield Tracks(tuple(frames), pairs.truth_tracks, pairs.predicted_tracks)


def _share(pair: Pair) -> Float[np.ndarray, "truth predicted"]:
    near = (pair.distance <= REACH).sum(2)
    return near / np.maximum(pair.annotated.sum(1), 1)[:, None]


def _oks(pair: Pair) -> Float[np.ndarray, "truth predicted"]:
    """OKS of predictions with people; a joint that was not found counts 0."""
    known = pair.annotated
    if not known.size or not len(pair.predicted):
        return np.zeros((len(pair.truth), len(pair.predicted)))
    some = known.any(1)
    sides = np.array([np.ptp(t[k], axis=0) if k.any() else (0.0, 0.0) for t, k in zip(pair.truth, known, strict=True)])
    far = np.where(np.isnan(pair.predicted), np.inf, pair.predicted)
    points = np.where(known[..., None], pair.truth, 0.0)
    with np.errstate(invalid="ignore"):
        alike = oks(far, points[some], known[some], sides[some].prod(1), _SIGMAS).T
    result = np.zeros((len(pair.truth), len(pair.predicted)))
    result[some] = alike
    return result
