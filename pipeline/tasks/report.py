"""Stage `report`: everything that a person wants to see, as one page."""

from __future__ import annotations

import json

from pipeline.config import Config
from pipeline.tasks.shared import image_files, image_root, poses
from pipeline.unit import Facts, Reads, Stage, Unit, Work

WHOLE = ("rare_poses", "inverse", "fit", "render", "translator", "translate", "augment", "train", "evaluate")


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit, reading everything."""
    reads = {f"annotations/{s}": poses(config, s, images=True) for s in ("train", "validation")}
    reads |= {n: Reads(n) for n in WHOLE}
    names = {n: facts.units(n) for n in ("train", "evaluate")}
    params = {
        "report": config.report.model_dump(mode="json"),
        "units": names,
        "configuration": config.model_dump(mode="json", exclude={"data"}),
    }
    return [Unit("all", reads, params, {**image_files(config, "train"), **image_files(config, "validation")})]


def run(work: Work) -> dict:
    """Write the page, its figures and the table as text."""
    from pipeline.report.inputs import ReportInputs
    from pipeline.report.stage import build_report
    from pipeline.report.timings import timings_of
    from training.metrics.table import rarity_table, render_text

    config = work.config
    folders = {s: work.one(f"annotations/{s}") for s in ("train", "validation")}
    units = work.unit.params["units"]
    inputs = ReportInputs(
        annotations=folders,
        image_roots={s: image_root(config, s, folder) for s, folder in folders.items()},
        rare_poses=work.one("rare_poses"),
        inverse=work.one("inverse"),
        fit=work.inputs["fit"],
        render=work.inputs["render"],
        translator=work.one("translator"),
        translate=work.inputs["translate"],
        augment=work.one("augment"),
        train=dict(zip(units["train"], work.inputs["train"], strict=True)),
        evaluate=dict(zip(units["evaluate"], work.inputs["evaluate"], strict=True)),
        timings=timings_of(work.inputs),
        title=config.name,
        configuration=config.model_dump(mode="json"),
    )
    build_report(inputs, config.report, work.out, work.progress)
    results = [json.loads((folder / "metrics.json").read_text(encoding="utf-8")) for folder in inputs.evaluate.values()]
    table = rarity_table(results)
    (work.out / "table.txt").write_text(render_text(table) if table else "no metric applies to this set\n", encoding="utf-8")
    return {}


STAGE = Stage(
    "report",
    after=("annotations", *WHOLE),
    units=units,
    code=lambda config: ("pipeline.tasks.report",),
    run=lambda config: "pipeline.tasks.report:run",
    environment=("matplotlib", "numpy"),
    threads=0,
    title="writing the report",
)
