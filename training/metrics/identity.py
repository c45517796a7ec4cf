"""Identity figures (Ristani et al. 2016): how long each person keeps the one track that fits best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from training.metrics.sums import Sums
from training.metrics.track_frames import Tracks

LEAST = 0.5  # similarity of a match


@dataclass(frozen=True)
class Identity(Sums):
    """Objects whose track is the one given to their person over the sequence; people's and tracks' other objects."""

    tp: float
    fn: float
    fp: float

    def figures(self) -> dict[str, float]:
        """IDF1, IDR, IDP in [0, 1]."""
        tp, fn, fp = self.tp, self.fn, self.fp
        return {"IDF1": tp / max(1.0, tp + 0.5 * fp + 0.5 * fn), "IDR": tp / max(1.0, tp + fn), "IDP": tp / max(1.0, tp + fp)}


def identity(tracks: Tracks) -> Identity:
    """The counts of one sequence: tracks are given to people one to one, so that as many objects as possible are right."""
    together = np.zeros((tracks.truth_tracks, tracks.predicted_tracks))
    for frame in tracks.frames:
        together[frame.truth[:, None], frame.predicted] += frame.similarity >= LEAST
    tp = float(together[linear_sum_assignment(-together)].sum())
    truth, predicted = sum(len(f.truth) for f in tracks.frames), sum(len(f.predicted) for f in tracks.frames)
    return Identity(tp, truth - tp, predicted - tp)
