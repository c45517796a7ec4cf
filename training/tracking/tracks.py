"""Tracking whole sequences, in sets of three frames: the middle one is filled from its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from training.tracking.online import OnlineTracker
from training.tracking.people import People
from training.tracking.refine import refine
from training.tracking.tracker import Seen


class RefinedTracker:
    """A tracker by pairs one frame behind: what it says of a frame is refined once the next frame is known.

    With a `memory` of one frame at least, the pair (t - 1, t + 1) is matched among those whom t lacks, as triples demand.
    """

    def __init__(self, tracker: OnlineTracker, ignore: Callable[[Seen], tuple[np.ndarray, ...]] = lambda seen: ()) -> None:
        """`ignore`: polygons of a frame in which nobody is filled in."""
        self.tracker, self.ignore = tracker, ignore

    def track(self, frames: Iterable[Seen]) -> Iterator[People]:
        """One sequence; the first and the last frame are as the pairs left them."""
        self.tracker.start()
        kept: list[tuple[Seen, People]] = []
        for seen in frames:
            kept.append((seen, self.tracker.step(seen)))
            if len(kept) == 3:
                (first, before), (middle, people), (last, after) = kept
                size, share = (middle.width, middle.height), (middle.number - first.number) / (last.number - first.number)
                yield refine(before, people, after, size, self.ignore(middle), share)
                kept.pop(0)
            elif len(kept) == 1:
                yield kept[0][1]
        if len(kept) == 2:
            yield kept[1][1]
