"""Tracking by overlap of boxes (Detect-and-Track, Girdhar et al. 2018)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from training.tracking.baselines.boxes import boxes, iou
from training.tracking.baselines.options import IouOptions
from training.tracking.method import Method
from training.tracking.online import OnlineTracker
from training.tracking.tracker import Seen, Similarity


class BoxOverlap(Similarity):
    """IoU of the boxes about joints."""

    def __init__(self, grow: float) -> None:
        self.grow = grow

    def __call__(self, before: Seen, after: Seen) -> Float[np.ndarray, "before after"]:
        """IoU of every pair."""
        return iou(boxes(before.expected(after.number), self.grow), boxes(after.people, self.grow))


IOU = Method(lambda options, setting: OnlineTracker(BoxOverlap(options.grow), options), IouOptions)
