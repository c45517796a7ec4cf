"""Where a data set lies. Imports nothing heavy: planning asks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Places:
    """Where a split lies.

    file: the annotation file. images: the folder that its image names start from, None where nobody says. labels: further files
    and folders that the annotations consist of.
    """

    file: Path
    images: Path | None
    labels: tuple[Path, ...] = ()
