"""Stage `report`: everything that a person wants to see, as one page."""

from __future__ import annotations

from pipeline.config import Config
from pipeline.order import STAGE_NAMES
from pipeline.report.section import union
from pipeline.report.table import asked_for
from pipeline.tasks.shared import image_files, image_root, picked
from pipeline.unit import Facts, Stage, Unit, Work, units_read
from smpl_assets.body.table import BODIES

SPLITS = ("train", "validation")


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit, reading what the sections that are asked for open."""
    sections = asked_for(config)
    reads = union(sections)
    params = {
        "report": config.report.model_dump(mode="json"),
        "units": {r.stage: facts.units(r.stage) for r in reads.values() if r.unit is None or "*" in r.unit},
        "configuration": config.model_dump(mode="json", exclude={"data"}),
    }
    code, libraries = picked((BODIES, config.body.name))
    files = {n: p for split in SPLITS for n, p in image_files(config, split).items()}
    environment, roots = ("matplotlib", "numpy", *libraries), (*(s.module for s in sections), *code)
    return [Unit("all", f"{__name__}:run", roots, reads, params, files, environment=environment, threads=0)]


def run(work: Work) -> dict:
    """Write the page, its figures, and what belongs beside it."""
    from pathlib import Path

    from pipeline.report.inputs import ReportInputs
    from pipeline.report.stage import build_report

    config, artifacts = work.config, dict[str, dict[str, Path]]()
    for name, reads in work.unit.reads.items():
        names = units_read(reads, work.unit.params["units"].get(reads.stage, ()))
        artifacts.setdefault(reads.stage, {}).update(zip(names, work.inputs[name], strict=True))
    roots = {split: image_root(config, split, folder) for split, folder in artifacts["annotations"].items()}
    ordered = {stage: artifacts[stage] for stage in STAGE_NAMES if stage in artifacts}
    inputs = ReportInputs(ordered, roots, config.name, config.model_dump(mode="json"))
    build_report(inputs, asked_for(config), config.report, work.bench)
    return {}


STAGE = Stage("report", "writing the report", units)
