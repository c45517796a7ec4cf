"""What an entry of the table of trackers is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from smpl_assets.settings import Settings
from smpl_assets.skeletons import Skeleton
from training.tracking.network_settings import Head
from training.tracking.tracker import Seen, Tracker


@runtime_checkable
class Evidence(Protocol):
    """What the temporal part says of two frames' people, computed now or kept by the stage `track`."""

    def __call__(self, before: Seen, after: Seen, head: Head, stage: int | None) -> Float[np.ndarray, "before after"]:
        """S_T (5.5) by a head after so many temporal stages, None = all."""
        ...


@dataclass(frozen=True)
class Setting:
    """Where a tracker works.

    skeleton: of the people. device: `cpu`, `cuda` or `cuda:N`. seed: of the run.
    network: the trained network that it reads, or its folder, None where it reads none (`training.tracking.table.LEARNT`).
    evidence: of limb flow, None where nobody looked.
    """

    skeleton: Skeleton
    network: Path | None = None
    device: str = "cpu"
    seed: int = 0
    evidence: Evidence | None = None


@dataclass(frozen=True)
class Method:
    """An entry of the table of trackers: makes a tracker from options of the class `options` and where it works."""

    open: Callable[[Any, Setting], Tracker]
    options: type[Settings]
