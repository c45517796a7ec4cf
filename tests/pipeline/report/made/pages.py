"""Pages made of a small run, as it is or altered."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

from pipeline.report.inputs import ReportInputs
from pipeline.report.settings import ReportSettings
from pipeline.report.stage import build_report
from pipeline.report.table import SECTIONS
from smpl_assets.archive import write_json
from smpl_assets.work import Bench

SETTINGS = ReportSettings(samples=3, people=2, changes=1, worst_fits=2, pool_poses=4, tile_px=64)


def build(inputs: ReportInputs, out: Path, *names: str, settings: ReportSettings = SETTINGS) -> str:
    """The page of the named sections (of all, where none is named)."""
    out.mkdir(exist_ok=True)
    build_report(inputs, [s for s in SECTIONS if not names or s.name in names], settings, Bench(0, out))
    return text_of(out)


def text_of(page: Path) -> str:
    """The page as it lies on the disk."""
    return (page / "report.html").read_text(encoding="utf-8")


def changed(inputs: ReportInputs, **stages: dict[str, Path]) -> ReportInputs:
    """The same run with other artifacts of some stages; an empty one is no part of it."""
    found = {**inputs.artifacts, **stages}
    return dataclasses.replace(inputs, artifacts={stage: units for stage, units in found.items() if units})


def rewritten(inputs: ReportInputs, root: Path, change: Callable[[str, dict], None]) -> ReportInputs:
    """The run with metrics that `change(row, content)` has altered; a row is then what its content calls it."""
    folders = {}
    for row, folder in inputs.units("evaluate").items():
        content = json.loads((folder / "metrics.json").read_text())
        change(row, content)
        made = folders[content["variant"]] = root / content["variant"]
        made.mkdir(parents=True)
        write_json(made / "metrics.json", content)
        for file in folder.glob("predictions*.npz"):
            (made / file.name).write_bytes(file.read_bytes())
    return changed(inputs, evaluate=folders)
