"""What an entry of the table of trackers is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smpl_assets.settings import Settings
from smpl_assets.skeletons import Skeleton
from training.tracking.tracker import Tracker


@dataclass(frozen=True)
class Setting:
    """Where a tracker works.

    skeleton: of the people. device: `cpu`, `cuda` or `cuda:N`.
    network: the folder of the trained network that it reads (`Method.network`), None where it reads none.
    """

    skeleton: Skeleton
    network: Path | None = None
    device: str = "cpu"


@dataclass(frozen=True)
class Method:
    """A tracker by name.

    open: makes it, from options of the class `options` and where it works.
    network: what it has to have learnt, by the name of the network in the table of networks; '' where nothing.
    """

    open: Callable[[Any, Setting], Tracker]
    options: type[Settings]
    network: str = ""
