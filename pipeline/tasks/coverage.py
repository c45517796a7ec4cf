"""Stage `coverage`: the rarity rule asked again with the added samples among the training poses."""

from __future__ import annotations

from pipeline.config import Config
from pipeline.report.table import not_asked_for
from pipeline.tasks.shared import poses
from pipeline.unit import Facts, Reads, Stage, Unit, Work

# what the augmented set's parts hold of the samples' poses
POSES = {"translated": "translated.json", "render": "render.json"}


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit; none where nobody asks, or no samples are made."""
    if "coverage" in not_asked_for(config):
        return []
    reads = {f"annotations/{s}": poses(config, s) for s in ("train", "validation")}
    reads["augment"] = Reads("augment", None, tuple(POSES.values()))
    return [Unit("all", reads, config.rare_poses.model_dump(mode="json"))]


def run(work: Work) -> dict:
    """Learn rarity with the samples and judge the once rare people again."""
    from smpl_assets.errors import InputError
    from smpl_assets.pose_table import PoseTable
    from smpl_assets.work import Bench
    from training.datasets.coco import read_coco
    from training.rarity.coverage import measure_coverage

    train, validation = (PoseTable.load(work.one(f"annotations/{s}") / "poses.npz") for s in ("train", "validation"))
    added = {}
    for kind, file in POSES.items():
        try:
            added[kind], _ = read_coco(work.one("augment") / file, None)
        except InputError:  # not one of the samples has a joint in the frame
            continue
    bench = Bench(work.config.seed, work.out, work.device, work.progress, work.scratch)
    found = measure_coverage(train, added, validation, work.config.rare_poses, bench)
    return {"added": found["added"]}


STAGE = Stage(
    "coverage",
    after=("annotations", "augment"),
    units=units,
    code=lambda config: ("training.rarity.coverage", "training.datasets.coco"),
    run=lambda config: "pipeline.tasks.coverage:run",
    environment=("numpy", "scikit-learn", "scipy"),
    threads=0,
    title="asking again which poses are rare",
)
