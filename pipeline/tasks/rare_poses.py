"""Stage `rare_poses`: cluster the poses, find the rare ones."""

from __future__ import annotations

from pipeline.config import Config
from pipeline.tasks.shared import by_rarity
from pipeline.unit import Facts, Stage, Unit, Work


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit."""
    return [by_rarity(config, f"{__name__}:run", {})]


def run(work: Work) -> dict:
    """Score both splits against the clusters of the training split."""
    import numpy as np

    from smpl_assets.pose_table import PoseTable
    from training.rarity.scores import RareScores
    from training.rarity.stage import find_rare_poses

    train, validation = (PoseTable.load(work.one(f"annotations/{s}") / "poses.npz") for s in ("train", "validation"))
    find_rare_poses(train, validation, work.config.rare_poses, work.bench)
    rare = int(np.count_nonzero(RareScores.load(work.out / "train.npz").rare))
    return {"rare": rare, "people": len(train)}


STAGE = Stage("rare_poses", "clustering the poses, finding the rare ones", units)
