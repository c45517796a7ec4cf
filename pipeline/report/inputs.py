"""What the report is made of: the directories of a run's artifacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smpl_assets.errors import StageError


@dataclass(frozen=True)
class ReportInputs:
    """Artifact directories of one run (docs/architecture.md); the report reads nothing else but the data set's images.

    artifacts: stage -> unit -> its directory, both in the order of the DAG; what a run doesn't hold is not in it.
    image_roots: by split (`train`, `validation`). configuration: the sections as plain values.
    """

    artifacts: Mapping[str, Mapping[str, Path]]
    image_roots: Mapping[str, Path]
    title: str = "RarePose"
    configuration: Mapping[str, Any] | None = None

    def units(self, stage: str) -> Mapping[str, Path]:
        """A stage's directories by unit; none where the stage is no part of the run."""
        return self.artifacts.get(stage, {})

    def folders(self, stage: str) -> list[Path]:
        """A stage's directories in the order of its units."""
        return list(self.units(stage).values())

    def one(self, stage: str, unit: str | None = None) -> Path:
        """The directory of one unit, or of a stage that has but one; StageError where it is not there."""
        units = self.units(stage)
        name = next(iter(units)) if unit is None and len(units) == 1 else unit or "all"
        if name not in units:
            raise StageError(f"the report asks for {stage}/{name}, which is no part of this run", "rarepose status")
        return units[name]
