"""CLEAR MOT of whole people, as TrackEval counts it: switches, fragments, mostly tracked and lost people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from training.metrics.identity import LEAST
from training.metrics.sums import Sums
from training.metrics.track_frames import Objects, Tracks

_STAY = 1000.0  # outweighs any similarity: the track of the frame before stays
_EPS = np.finfo("float").eps


@dataclass(frozen=True)
class PersonClear(Sums):
    """True positives, misses, false positives, switches, fragments; similarity of matches; people tracked over more than 80 %,
    20 to 80 %, less than 20 % of their frames.
    """

    tp: float
    fn: float
    fp: float
    switches: float
    fragments: float
    similarity: float
    mostly: float
    partly: float
    lost: float

    def figures(self) -> dict[str, float]:
        """MOTA, MOTP (mean similarity) in percent, and the counts that people ask for."""
        tp, objects = self.tp, self.tp + self.fn
        return {
            "MOTA": 100.0 * (tp - self.fp - self.switches) / max(1.0, objects),
            "MOTP": 100.0 * self.similarity / max(1.0, tp),
            "switches": self.switches,
            "fragments": self.fragments,
            "misses": self.fn,
            "false_positives": self.fp,
            "mostly_tracked": self.mostly,
            "partly_tracked": self.partly,
            "mostly_lost": self.lost,
        }


def person_clear(tracks: Tracks) -> PersonClear:
    """The counts of one sequence, matches of at least half similarity.

    A switch is against the last track that a person had, however long ago; a track is continued from the frame before only.
    """
    people = tracks.truth_tracks
    frames, matched, fragments = np.zeros(people), np.zeros(people), np.zeros(people)
    last, before = np.full(people, -1), np.full(people, -1)
    tp = fn = fp = switches = alike = 0.0
    for frame in tracks.frames:
        frames[frame.truth] += 1
        if not frame.similarity.size:
            fn, fp = fn + len(frame.truth), fp + len(frame.predicted)
            continue
        rows, columns = _match(frame, before)
        person, track = frame.truth[rows], frame.predicted[columns]
        switches += ((last[person] != -1) & (last[person] != track)).sum()
        matched[person] += 1
        fragments[person] += before[person] == -1
        last[person] = track
        before[:] = -1
        before[person] = track
        tp, fn, fp = tp + len(rows), fn + len(frame.truth) - len(rows), fp + len(frame.predicted) - len(rows)
        alike += frame.similarity[rows, columns].sum()
    share = matched[frames > 0] / frames[frames > 0]
    mostly, partly = (share > 0.8).sum(), ((share >= 0.2) & (share <= 0.8)).sum()
    broken = np.maximum(fragments - 1, 0).sum()
    lost = len(share) - mostly - partly
    return PersonClear(*(float(v) for v in (tp, fn, fp, switches, broken, alike, mostly, partly, lost)))


def _match(frame: Objects, before: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    stays = frame.predicted[None, :] == before[frame.truth][:, None]
    score = np.where(frame.similarity < LEAST - _EPS, 0.0, _STAY * stays + frame.similarity)
    rows, columns = linear_sum_assignment(-score)
    kept = score[rows, columns] > _EPS
    return rows[kept], columns[kept]
