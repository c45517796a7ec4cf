"""Higher order tracking accuracy (Luiten et al. 2021), with PoseTrack21's fragmentation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment

from training.metrics.sums import Sums
from training.metrics.track_frames import Tracks

ALPHAS = np.arange(0.05, 0.99, 0.05)
_EPS = np.finfo("float").eps


@dataclass(frozen=True)
class Hota(Sums):
    """Per alpha, adding up over sequences: true positives, misses and false positives of detection; over true positives the sums
    of association accuracy, recall and precision, of similarity, and of the accuracy within fragments.
    """

    tp: Float[np.ndarray, "*joints alphas"]
    fn: Float[np.ndarray, "*joints alphas"]
    fp: Float[np.ndarray, "*joints alphas"]
    association: Float[np.ndarray, "*joints alphas"]
    association_recall: Float[np.ndarray, "*joints alphas"]
    association_precision: Float[np.ndarray, "*joints alphas"]
    similarity: Float[np.ndarray, "*joints alphas"]
    fragments: Float[np.ndarray, "*joints alphas"]

    def curves(self) -> dict[str, Float[np.ndarray, "*joints alphas"]]:
        """HOTA, DetA, AssA, LocA, DetRe, DetPr, AssRe, AssPr, FragA of each alpha, in [0, 1]."""
        found = np.maximum(1.0, self.tp)
        detection = self.tp / np.maximum(1.0, self.tp + self.fn + self.fp)
        association = self.association / found
        return {
            "HOTA": np.sqrt(detection * association),
            "DetA": detection,
            "AssA": association,
            "LocA": np.where(self.tp > 0, self.similarity / found, 1.0),
            "DetRe": self.tp / np.maximum(1.0, self.tp + self.fn),
            "DetPr": self.tp / np.maximum(1.0, self.tp + self.fp),
            "AssRe": self.association_recall / found,
            "AssPr": self.association_precision / found,
            "FragA": self.fragments / found,
        }


def hota(tracks: Tracks, aligned: bool = True) -> Hota:
    """The sums of one sequence, of K frames.

    aligned: people of a frame are matched by similarity times how well their tracks go together over the whole sequence (HOTA, as
    TrackEval); without, by similarity alone (PoseTrack21's, per joint).
    """
    times = _Counts(tracks)
    weight = _alignment(tracks, times) if aligned else None
    truth, predicted, similarity = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0)]
    for frame in tracks.frames:
        if not frame.similarity.size:
            continue
        score = frame.similarity
        if weight is not None:
            score = score * weight[frame.truth[:, None], frame.predicted]
        rows, columns = linear_sum_assignment(-score)
        truth.append(frame.truth[rows])
        predicted.append(frame.predicted[columns])
        similarity.append(frame.similarity[rows, columns])
    matches = _Matches(np.concatenate(truth), np.concatenate(predicted), np.concatenate(similarity))
    return _sums(matches, times)


class _Counts:
    """How often each track occurs."""

    def __init__(self, tracks: Tracks) -> None:
        empty = [np.empty(0, np.int64)]
        self.truth = np.bincount(np.concatenate(empty + [f.truth for f in tracks.frames]), minlength=tracks.truth_tracks)
        listed = np.concatenate(empty + [f.predicted for f in tracks.frames])
        self.predicted = np.bincount(listed, minlength=tracks.predicted_tracks)


def _alignment(tracks: Tracks, times: _Counts) -> Float[np.ndarray, "truth predicted"]:
    """Jaccard index of every annotated with every predicted track over the sequence."""
    together = np.zeros((tracks.truth_tracks, tracks.predicted_tracks))
    for frame in tracks.frames:
        alike = frame.similarity
        union = alike.sum(0)[None, :] + alike.sum(1)[:, None] - alike
        together[frame.truth[:, None], frame.predicted] += np.divide(alike, union, out=np.zeros_like(alike), where=union > _EPS)
    either = times.truth[:, None] + times.predicted[None, :] - together
    return np.divide(together, either, out=np.zeros_like(together), where=either > 0)


@dataclass(frozen=True)
class _Matches:
    """Matched objects of all frames in order of time."""

    truth: Int[np.ndarray, " matches"]
    predicted: Int[np.ndarray, " matches"]
    similarity: Float[np.ndarray, " matches"]


def _sums(matches: _Matches, times: _Counts) -> Hota:
    by_track = np.argsort(matches.truth, kind="stable")
    truth, predicted, similarity = (v[by_track] for v in (matches.truth, matches.predicted, matches.similarity))
    pair, which = np.unique(truth * max(len(times.predicted), 1) + predicted, return_inverse=True)
    first = np.unique(which, return_index=True)[1]
    seen, shown = times.truth[truth[first]], times.predicted[predicted[first]]
    near = similarity >= ALPHAS[:, None] - _EPS
    count = np.array([np.bincount(which[row], minlength=len(pair)) for row in near], np.float64).reshape(len(ALPHAS), len(pair))
    either = np.maximum(1.0, seen + shown - count)
    tp = near.sum(1).astype(np.float64)
    return Hota(
        tp=tp, fn=times.truth.sum() - tp, fp=times.predicted.sum() - tp,
        association=(count * count / either).sum(1),
        association_recall=(count * count / np.maximum(1.0, seen)).sum(1),
        association_precision=(count * count / np.maximum(1.0, shown)).sum(1),
        similarity=(near * similarity).sum(1),
        fragments=np.array([_fragments(truth[r], predicted[r], e[which[r]]) for r, e in zip(near, either, strict=True)]),
    )  # fmt: skip


def _fragments(
    truth: Int[np.ndarray, " matches"], predicted: Int[np.ndarray, " matches"], either: Float[np.ndarray, " matches"]
) -> float:
    """The sum over fragments of their squared length over the frames of either track; sorted by annotated track and time.

    A fragment ends where another predicted track takes over; a miss does not end it.
    """
    if not len(truth):
        return 0.0
    begins = np.flatnonzero(np.diff(truth, prepend=-1).astype(bool) | np.diff(predicted, prepend=-1).astype(bool))
    length = np.diff(np.append(begins, len(truth)))
    return float((length**2 / either[begins]).sum())


def per_joint_hota(parts: list[Hota]) -> Hota:
    """Several joints' sums as one record with a leading axis of joints."""
    names = Hota.__dataclass_fields__
    return Hota(**{name: np.stack([getattr(part, name) for part in parts]) for name in names})
