"""Stage `augment`: what training learns from, kind by kind: real people, rendered, translated and drawn ones."""

from __future__ import annotations

from pipeline.config import Config
from pipeline.order import FILL, RARE
from pipeline.tasks.shared import chosen_people, image_root, poses
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from training.runs import kinds_asked_for

SOURCES = {"render": ("render", RARE), "translated": ("translate", None), "fill": ("render", FILL)}


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit per kind that somebody trains on."""
    real = {"annotations/train": poses(config, "train"), "rare_poses": chosen_people(config)}
    reads = {k: real | {"shards": Reads(*source, ("images.tar", "labels.npz"))} for k, source in SOURCES.items()} | {"real": real}
    reads["fill"] |= {"fill": Reads("fill", "all", ("scores.npz",)), "rare_poses": Reads("rare_poses", None, ("train.npz",))}
    params, kinds = config.augment.model_dump(mode="json"), kinds_asked_for(config.train)
    return [Unit(k, f"{__name__}:run", reads=reads[k], params=params, environment=("numpy",)) for k in kinds]


def run(work: Work) -> dict:
    """Put one kind together."""
    from smpl_assets.pose_table import PoseTable
    from training.augmented.stage import augment_real, augment_synthetic
    from training.rarity.scores import RareScores

    config, folder = work.config, work.one("annotations/train")
    table, scores = PoseTable.load(folder / "poses.npz"), RareScores.load(work.one("rare_poses") / "train.npz")
    if work.unit.name == "real":
        augment_real(table, image_root(config, "train", folder), scores, config.augment, work.bench)
    else:
        if work.unit.name == "fill":
            scores = RareScores.concatenate([scores, RareScores.load(work.one("fill") / "scores.npz")])
        augment_synthetic(work.unit.name, table, scores, work.inputs["shards"], config.augment, work.bench)
    return {}


STAGE = Stage("augment", "putting the augmented set together", units)
