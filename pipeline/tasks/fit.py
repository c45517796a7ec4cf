"""Stage `fit`: a body for every rare annotation, in shards."""

from __future__ import annotations

from pipeline.config import Config
from pipeline.tasks.shared import body_files, chosen_people, picked, poses, shards
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from smpl_assets.body.table import BODIES

FUNCTION = ("inverse.safetensors", "prior.safetensors", "card.json")


def units(config: Config, facts: Facts) -> list[Unit]:
    """Shards of the rare people of the training split."""
    chosen = chosen_people(config)
    reads = {"annotations/train": poses(config, "train"), "rare_poses": chosen, "inverse": Reads("inverse", None, FUNCTION)}
    params = {"fit": config.fit.model_dump(mode="json", exclude={"shard_size"}), "body": config.body.worn}
    code, libraries = picked((BODIES, config.body.name))
    environment, files = ("torch", "numpy", *libraries), body_files(config)
    ranges = shards(facts(chosen.stage)["rare"], config.fit.shard_size)
    return [Unit(name, f"{__name__}:run", code, reads, params, files, items, environment) for name, items in ranges]


def run(work: Work) -> dict:
    """Fit the rare people of one shard."""
    import numpy as np

    from smpl_assets.inverse.fit_stage import fit_people
    from smpl_assets.inverse.fits import Fits
    from smpl_assets.pose_table import PoseTable
    from training.rarity.scores import RareScores

    config = work.config
    table = PoseTable.load(work.one("annotations/train") / "poses.npz")
    first, last = work.unit.items or (0, 0)
    rows = np.flatnonzero(RareScores.load(work.one("rare_poses") / "train.npz").rare)[first:last]
    fit_people(table.select(rows), rows, work.one("inverse"), config.fit, config.body, work.bench)
    return {"accepted": int(Fits.load(work.out / "fits.npz").accepted.sum())}


STAGE = Stage("fit", "fitting bodies to the rare poses", units, sharded=True)
