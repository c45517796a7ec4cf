"""Stage `augment`: what training learns from, kind by kind: real people, rendered ones, translated ones."""

from __future__ import annotations

from pipeline.config import Config
from pipeline.tasks.shared import image_root, kinds, poses
from pipeline.unit import Facts, Reads, Stage, Unit, Work

SOURCES = {"render": "render", "translated": "translate"}


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit per kind that somebody trains on."""
    reads = {"annotations/train": poses(config, "train"), "rare_poses": Reads("rare_poses", None, ("train.npz",))}
    shards = {k: {"shards": Reads(s, None, ("images.tar", "labels.json"))} for k, s in SOURCES.items()}
    return [
        Unit(
            kind,
            run="pipeline.tasks.augment:run",
            reads={**reads, **shards.get(kind, {})},
            params=config.augment.model_dump(mode="json"),
            environment=("numpy",),
        )
        for kind in kinds(config)
    ]


def run(work: Work) -> dict:
    """Put one kind together."""
    from smpl_assets.pose_table import PoseTable
    from training.augmented.stage import augment
    from training.rarity.scores import RareScores

    config, folder, kind = work.config, work.one("annotations/train"), work.unit.name
    table, root = PoseTable.load(folder / "poses.npz"), image_root(config, "train", folder)
    scores = RareScores.load(work.one("rare_poses") / "train.npz")
    render, translated = (list(work.inputs["shards"]) if kind == k else [] for k in ("render", "translated"))
    augment(table, root, scores, render, translated, config.augment, config.seed, work.out, work.progress)
    return {}


STAGE = Stage("augment", "putting the augmented set together", units)
