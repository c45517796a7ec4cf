"""The rare_poses stage asked again with the added samples among the training poses: did they fill the gap?"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.report.rarity.charts import coverage_chart
from pipeline.report.run import Run, read_json
from pipeline.report.settings import ReportSettings
from pipeline.report.words import KINDS


@dataclass(frozen=True)
class Coverage:
    """What the section shows."""

    sentence: str
    chart: str


def build(run: Run, built: Mapping[str, Any], settings: ReportSettings, out: Path) -> Coverage | None:
    """Draw `figures/coverage.png` and copy `coverage.json`; None where no sample was added."""
    file = run.inputs.one("coverage") / "coverage.json"
    found = read_json(file)
    if not found["added"]:
        return None
    shutil.copyfile(file, out / file.name)
    return Coverage(_sentence(found), coverage_chart(found, out / "figures" / "coverage.png"))


def _sentence(found: dict[str, Any]) -> str:
    train, validation = found["tail"]["train"], found["tail"]["validation"]
    return (
        f"Asked again with the {found['added']:,} {KINDS[found['kind']]} samples among the training poses, "
        f"{train['rare_after']:,} of the {train['rare_before']:,} once rare training poses are still rare. Of the "
        f"{validation['rare_before']:,} rare validation poses, which no sample was made from, {validation['rare_after']:,} still "
        "are: only that says if the gap was filled."
    )
