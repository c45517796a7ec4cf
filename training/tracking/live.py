"""What the temporal part says of two people: computed as frames come."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from training.tracking.eye import Eye, Sight
from training.tracking.network_settings import Head
from training.tracking.tracker import Seen


class LiveEvidence:
    """Flow from the network, as frames come; it keeps what it saw of the last `frames`."""

    def __init__(self, eye: Eye, frames: int) -> None:
        self.eye, self.frames = eye, frames
        self._sights: dict[int, Sight] = {}

    def saw(self, number: int, sight: Sight) -> None:
        """Keep what was seen of a frame."""
        self._sights[number] = sight
        for old in sorted(self._sights)[: -self.frames]:
            del self._sights[old]

    def __call__(self, before: Seen, after: Seen, head: Head, stage: int | None) -> Float[np.ndarray, "before after"]:
        """See `Evidence`."""
        sights = [self._sights[seen.number] for seen in (before, after)]
        last = len(self.eye.network.temporal)
        return self.eye.flow(sights[0], sights[1], before.people, after.people)[head, stage or last]
