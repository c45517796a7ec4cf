"""The options of the tracker by temporal flow maps."""

from __future__ import annotations

from pydantic import Field

from training.tracking.network_settings import Head
from training.tracking.online_settings import Life
from training.tracking.score_settings import ScoreSettings


class TmlTracking(ScoreSettings, Life):
    """Options of `tml`: T 5's tracker, off-line in sets of three frames.

    head: which flow is read. stage: after how many temporal stages, none = all.
    refine: fill the middle frame of three. online: pairs only, without delay and without refinement.
    memory: frames that a track may miss, none = 1 (the middle of three), and 3 online. motion: flow counts for tracks whose
    movement is not known yet, distance from where it leads for the others.
    """

    head: Head = "limbs"
    stage: int | None = Field(None, ge=1)
    refine: bool = True
    online: bool = False
    memory: int | None = Field(None, ge=0)  # type: ignore[assignment]

    @property
    def life(self) -> Life:
        """Birth, matching and death of its tracks."""
        kept = {name: getattr(self, name) for name in Life.model_fields}
        memory = (3 if self.online else 1) if self.memory is None else self.memory
        return Life(**kept | {"memory": memory})

    @property
    def frames_apart(self) -> int:
        """How far apart frames are that it compares."""
        return self.life.memory + 1
