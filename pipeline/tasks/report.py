"""Stage `report`: everything that a person wants to see, as one page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.config import Config
from pipeline.tasks.shared import chosen, image_files, image_root, kinds, libraries, poses
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from smpl_assets.body.table import BODIES

ALWAYS = ("rare_poses", "augment", "train", "evaluate")
MADE_PEOPLE = ("inverse", "fit", "render")
TRANSLATION = ("translator", "translate")


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit, reading everything that is made for the networks."""
    added = kinds(config)
    whole = (*ALWAYS, *(MADE_PEOPLE if len(added) > 1 else ()), *(TRANSLATION if "translated" in added else ()))
    reads = {f"annotations/{s}": poses(config, s, images=True) for s in ("train", "validation")}
    reads |= {n: Reads(n) for n in whole}
    names = {n: facts.units(n) for n in ("augment", "train", "evaluate")}
    params = {
        "report": config.report.model_dump(mode="json"),
        "units": names,
        "configuration": config.model_dump(mode="json", exclude={"data"}),
    }
    return [
        Unit(
            "all",
            run="pipeline.tasks.report:run",
            code=chosen(BODIES, config.body.name),
            reads=reads,
            params=params,
            externals={**image_files(config, "train"), **image_files(config, "validation")},
            environment=("matplotlib", "numpy", *libraries(BODIES, config.body.name)),
            threads=0,
        )
    ]


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
        augment=_together(work),
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


def _together(work: Work) -> Path:
    """The kinds of the augmented set in one folder."""
    folder = work.scratch / "augmented"
    folder.mkdir(exist_ok=True)
    parts = dict(zip(work.unit.params["units"]["augment"], work.inputs["augment"], strict=True))
    whole: dict = {}
    for kind, part in parts.items():
        summary = json.loads((part / "summary.json").read_text(encoding="utf-8"))
        whole = _replaced(whole, summary, kind) if whole else summary
        for file in part.glob(f"{kind}.*"):
            (folder / file.name).unlink(missing_ok=True)
            (folder / file.name).symlink_to(file)
    (folder / "summary.json").write_text(json.dumps(whole), encoding="utf-8")
    return folder


def _replaced(whole: Any, part: Any, kind: str) -> Any:
    """A summary whose entries of one kind are another's."""
    if isinstance(whole, dict):
        return {n: part[n] if n == kind else _replaced(v, part[n], kind) for n, v in whole.items()}
    return [_replaced(a, b, kind) for a, b in zip(whole, part, strict=True)] if isinstance(whole, list) else whole


STAGE = Stage("report", "writing the report", units)
