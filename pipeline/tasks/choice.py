"""Stage `choice`: whom samples are made for, where errors count."""

from __future__ import annotations

from pipeline.config import Config
from pipeline.tasks.shared import poses
from pipeline.unit import Facts, Reads, Stage, Unit, Work


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit; none where rarity alone chooses."""
    settings = config.rare_poses
    if settings.by == "rarity":
        return []
    reads = {"annotations/train": poses(config, "train"), "rare_poses": Reads("rare_poses", None, ("train.npz",))}
    reads["cross_fit"] = Reads("cross_fit", None, ("predictions.npz",))
    rules = settings.model_dump(mode="json", include={"by", "include_empty", "normalisation"})
    params = rules | {"mistakes": settings.keeps_mistakes, "min_joints": settings.error.min_joints}
    return [Unit("all", f"{__name__}:run", reads=reads, params=params, environment=("numpy", "scipy"))]


def run(work: Work) -> dict:
    """Choose as many people as are rare."""
    import numpy as np

    from smpl_assets.pose_table import PoseTable
    from training.cross_fit.choice_stage import choose_people
    from training.cross_fit.errors import SCORES
    from training.rarity.scores import RareScores

    table = PoseTable.load(work.one("annotations/train") / "poses.npz")
    scores = RareScores.load(work.one("rare_poses") / "train.npz")
    choose_people(table, scores, work.inputs["cross_fit"], work.config.rare_poses, work.bench)
    return {"rare": int(np.count_nonzero(RareScores.load(work.out / SCORES).rare))}


STAGE = Stage("choice", "choosing whom samples are made for", units)
