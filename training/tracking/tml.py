"""The tracker by temporal flow maps (T 5): flow along the way between two people, and its length."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from smpl_assets.errors import InputError
from training.tracking.method import Method, Setting
from training.tracking.online import OnlineTracker
from training.tracking.score import combined, distances
from training.tracking.tml_settings import TmlTracking
from training.tracking.tracker import Seen, Similarity, Tracker
from training.tracking.tracks import RefinedTracker


class TmlSimilarity(Similarity):
    """S (5.4) of people of two frames."""

    def __init__(self, options: TmlTracking, setting: Setting) -> None:
        self.options, self.skeleton, self.evidence = options, setting.skeleton, setting.evidence

    def __call__(self, before: Seen, after: Seen) -> Float[np.ndarray, "before after"]:
        """The association score; -inf beyond the gate."""
        apart = distances(before.expected(after.number), after.people, self.skeleton, self.options.distance)
        flow = None
        if self.evidence is not None and self.options.alpha > 0 and not before.led.all():
            flow = self.evidence(before, after, self.options.head, self.options.stage)
        return combined(flow, apart, self.options, before.led)


def open_tml(options: TmlTracking, setting: Setting) -> Tracker:
    """Sets of three frames, or pairs where `online`; InputError where there is no flow and alpha asks for it."""
    if setting.evidence is None and options.alpha > 0:
        raise InputError("tml needs a trained network that says flow", "train one, or set alpha = 0")
    pairs = OnlineTracker(TmlSimilarity(options, setting), options.life)
    return pairs if options.online or not options.refine else RefinedTracker(pairs)


TML = Method(open_tml, TmlTracking)
