"""The rare_poses stage asked again with the added samples among the training poses: did they fill the gap?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.report.pictures import Picture, picture_of_file
from pipeline.report.run import Run
from pipeline.report.settings import ReportSettings
from smpl_assets.errors import InputError
from training.datasets.coco import read_coco
from training.rarity.coverage import coverage_figure, measure_coverage
from training.rarity.drawing import save
from training.rarity.settings import RareSettings

_FILES = {"translated": "translated", "render": "rendered"}


@dataclass(frozen=True)
class Tail:
    """What the section shows of it."""

    sentence: str
    picture: Picture


def build_tail(run: Run, settings: ReportSettings, out: Path) -> Tail | None:
    """Measure and draw; writes `coverage.json` and `figures/coverage.png` into `out`. None where no sample was added."""
    kind = next((k for k in _FILES if run.augmented["samples"].get(k)), None)
    if kind is None or not settings.coverage:
        return None
    configuration = run.inputs.configuration or {}
    rules = RareSettings.model_validate({**(configuration.get("rare_poses") or {}), "seeds": 1, "sweep": False})
    try:
        added, _ = read_coco(run.inputs.augment / f"{kind}.json", None)
    except InputError:  # not one of the samples has a joint in the frame
        return None
    train, validation = run.tables["train"], run.tables["validation"]
    found = measure_coverage(train, added, validation, rules, int(configuration.get("seed", 0)), out)
    path = save(coverage_figure(found), out / "figures" / "coverage.png")
    return Tail(
        _sentence(found, _FILES[kind]), picture_of_file(path, "clusters and the tail with added samples", settings.quality)
    )


def _sentence(found: dict[str, Any], kind: str) -> str:
    train, validation = found["tail"]["train"], found["tail"]["validation"]
    return (
        f"Asked again with the {found['added']:,} {kind} samples among the training poses, {train['rare_after']:,} of the "
        f"{train['rare_before']:,} once rare training poses are still rare. Of the {validation['rare_before']:,} rare validation "
        f"poses, which no sample was made from, {validation['rare_after']:,} still are: only that says if the gap was filled."
    )
