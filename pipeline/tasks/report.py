"""Stage `report`: everything that a person wants to see, as one page."""

from __future__ import annotations

from pipeline.config import Config
from pipeline.report.section import union
from pipeline.report.table import asked_for
from pipeline.tasks.shared import image_files, image_root
from pipeline.unit import Facts, Stage, Unit, Work

SPLITS = ("train", "validation")


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit, reading what the sections that are asked for open."""
    reads = union(asked_for(config))
    params = {
        "report": config.report.model_dump(mode="json"),
        "units": {r.stage: facts.units(r.stage) for r in reads.values() if r.unit is None},
        "configuration": config.model_dump(mode="json", exclude={"data"}),
    }
    return [Unit("all", reads, params, {n: p for split in SPLITS for n, p in image_files(config, split).items()})]


def run(work: Work) -> dict:
    """Write the page, its figures, and what belongs beside it."""
    from pathlib import Path

    from pipeline.report.inputs import ReportInputs
    from pipeline.report.stage import build_report
    from smpl_assets.work import Bench

    config, artifacts = work.config, {stage: dict[str, Path]() for stage in STAGE.after}
    for name, reads in work.unit.reads.items():
        names = work.unit.params["units"][reads.stage] if reads.unit is None else [reads.unit]
        artifacts[reads.stage] |= dict(zip(names, work.inputs[name], strict=True))
    roots = {split: image_root(config, split, folder) for split, folder in artifacts["annotations"].items()}
    inputs = ReportInputs({s: u for s, u in artifacts.items() if u}, roots, config.name, config.model_dump(mode="json"))
    bench = Bench(config.seed, work.out, work.device, work.progress, work.scratch)
    build_report(inputs, asked_for(config), config.report, bench)
    return {}


STAGE = Stage(
    "report",
    after=(
        "annotations", "rare_poses", "inverse", "fit", "render", "translator", "translate", "augment", "coverage", "train",
        "evaluate",
    ),
    units=units,
    code=lambda config: ("pipeline.report.stage", *(s.module for s in asked_for(config))),
    run=lambda config: "pipeline.tasks.report:run",
    environment=("matplotlib", "numpy"),
    threads=0,
    title="writing the report",
)  # fmt: skip
