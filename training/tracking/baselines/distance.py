"""Tracking by the distance of joints (T 5.6 alone, table 5.1's "Distance")."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from training.tracking.baselines.options import DistanceOptions
from training.tracking.method import Method, Setting
from training.tracking.online import OnlineTracker
from training.tracking.score import combined, distances
from training.tracking.score_settings import ScoreSettings
from training.tracking.tracker import Seen, Similarity


class Distance(Similarity):
    """1 at no distance, falling to 0 at `reach` heights."""

    def __init__(self, options: DistanceOptions, setting: Setting) -> None:
        self.options, self.skeleton = options, setting.skeleton
        self.score = ScoreSettings(alpha=0.0, reach=options.reach, gate=options.gate)

    def __call__(self, before: Seen, after: Seen) -> Float[np.ndarray, "before after"]:
        """S_d of every pair."""
        apart = distances(before.expected(after.number), after.people, self.skeleton, self.options.distance)
        return combined(None, apart, self.score)


DISTANCE = Method(lambda options, setting: OnlineTracker(Distance(options, setting), options), DistanceOptions)
