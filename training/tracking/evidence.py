"""What the temporal part says of two people: kept from the stage `track`'s detections."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Float

from smpl_assets.errors import StageError
from training.tracking.detections import Detections, load_detections
from training.tracking.network_settings import Head
from training.tracking.tracker import Seen


class StoredEvidence:
    """Flow that the stage `track` kept for the people of its own detections; a folder has one file per sequence."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._of: tuple[str, Detections] | None = None

    def __call__(self, before: Seen, after: Seen, head: Head, stage: int | None) -> Float[np.ndarray, "before after"]:
        """See `Evidence`; StageError for frames that were not compared."""
        if self._of is None or self._of[0] != before.sequence:
            self._of = (before.sequence, load_detections(self.folder / f"{before.sequence}.npz"))
        found, apart = self._of[1].flow, after.place - before.place
        last = max((s for (h, s), _ in found if h == head), default=0)
        key = ((head, stage or last), apart)
        if key not in found:
            raise StageError(
                f"{before.sequence}: flow of {head} after stage {stage or 'the last'}, {apart} frames apart, was not kept",
                "the network has no such head or stage (track.network)",
            )
        return found[key][before.place]
