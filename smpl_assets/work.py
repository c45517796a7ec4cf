"""What every stage function gets besides its data and its settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from smpl_assets.progress import Progress, silent


@dataclass(frozen=True)
class Bench:
    """Where and how a stage function works.

    seed: of everything random in it. out: an existing empty folder for its artifact. device: `cpu`, `cuda` or `cuda:N`.
    progress: told how far it is. scratch: a folder that outlives an interruption (checkpoints), None where nothing does.
    """

    seed: int
    out: Path
    device: str = "cpu"
    progress: Progress = silent
    scratch: Path | None = None
