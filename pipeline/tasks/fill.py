"""Stage `fill`: poses of the pool that are rare in the data set, for the gap that its rare people leave."""

from __future__ import annotations

from pipeline.config import Config
from pipeline.tasks.shared import body_files, picked, pool_files, pool_params, poses
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from smpl_assets.body.table import BODIES
from smpl_assets.poses.table import POSE_FORMATS

SHOWN_ONLY = {"sweep", "sweep_from", "sweep_to", "map_people"}  # settings of rarity that change no score


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit."""
    reads = {"annotations/train": poses(config, "train"), "rare_poses": Reads("rare_poses", None, ("train.npz",))}
    params = {"fill": config.render.fill, "pool": pool_params(config), "body": config.body.worn}
    params |= {"rare_poses": {n: v for n, v in config.rare_poses.of_rarity().items() if n not in SHOWN_ONLY}}
    params |= {"gate": config.fit.gate.model_dump(mode="json", include={"limit_deg", "penetration_m"})}
    formats = ((POSE_FORMATS, f.format) for f in config.inverse.pool.files)
    code, libraries = picked((BODIES, config.body.name), *formats)
    environment, files = ("torch", "numpy", "scikit-learn", "scipy", *libraries), body_files(config) | pool_files(config)
    return [Unit("all", f"{__name__}:run", code, reads, params, files, environment=environment)]


def run(work: Work) -> dict:
    """Draw many, keep the rare ones, choose evenly."""
    from smpl_assets.inverse.fits import Fits
    from smpl_assets.pose_table import PoseTable
    from training.fill.stage import FITS, fill_tail
    from training.rarity.scores import RareScores

    config = work.config
    train = PoseTable.load(work.one("annotations/train") / "poses.npz")
    scores = RareScores.load(work.one("rare_poses") / "train.npz")
    settings = (config.render.fill, config.inverse.pool, config.rare_poses, config.fit.gate, config.body)
    fill_tail(train, scores, *settings, work.bench)
    return {"chosen": len(Fits.load(work.out / FITS))}


STAGE = Stage("fill", "choosing poses that fill the gap", units)
