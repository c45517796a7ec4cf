"""Stage `coverage`: the rarity rule asked again with the added samples among the training poses."""

from __future__ import annotations

from pipeline.config import Config
from pipeline.tasks.shared import by_rarity
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from training.runs import kinds_asked_for


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit."""
    added = {f"augment/{kind}": Reads("augment", kind, ("poses.npz",)) for kind in kinds_asked_for(config.train)[1:]}
    return [by_rarity(config, f"{__name__}:run", added)]


def run(work: Work) -> dict:
    """Learn rarity with the samples and judge the once rare people again."""
    from smpl_assets.pose_table import PoseTable
    from training.rarity.coverage import measure_coverage

    train, validation = (PoseTable.load(work.one(f"annotations/{s}") / "poses.npz") for s in ("train", "validation"))
    names = [n for n in work.inputs if n.startswith("augment/")]
    tables = {n.removeprefix("augment/"): PoseTable.load(work.one(n) / "poses.npz") for n in names}
    added = {kind: table for kind, table in tables.items() if table.annotated.any()}
    found = measure_coverage(train, added, validation, work.config.rare_poses, work.bench)
    return {"added": found["added"]}


STAGE = Stage("coverage", "asking again which poses are rare", units)
