"""Stage `cross_fit`: a network per fold of the training people, trained on those of the others."""

from __future__ import annotations

from pipeline.config import Config
from pipeline.tasks.shared import image_files, image_root, picked, poses
from pipeline.unit import Facts, Stage, Unit, Work
from training.start.shipped import start_file
from training.systems.table import SYSTEMS
from training.train_settings import WORDS

ENVIRONMENT = ("torch", "torchvision", "lightning", "opencv-python-headless", "numpy")


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit per fold; none where rarity alone chooses."""
    chooses = config.rare_poses.by != "rarity"
    return [_unit(config, fold) for fold in range(config.rare_poses.error.folds)] if chooses else []


def _unit(config: Config, fold: int) -> Unit:
    settings = config.rare_poses.error
    start = start_file(settings.training(config.train))
    params = {"fold": fold, "error": settings.of_training(), "start": settings.start if settings.start in WORDS else "file"}
    files = image_files(config, "train") | ({"start": start} if start else {})
    code, libraries = picked((SYSTEMS, settings.network))
    reads, environment = {"annotations/train": poses(config, "train", images=True)}, (*ENVIRONMENT, *libraries)
    return Unit(f"fold-{fold}", f"{__name__}:run", code, reads, params, files, environment=environment, gpu_share=1.0)


def run(work: Work) -> dict:
    """Train without one fold and find its people."""
    from smpl_assets.pose_table import PoseTable
    from training.cross_fit.stage import cross_fit

    config, folder = work.config, work.one("annotations/train")
    error = config.rare_poses.error
    settings = error.training(config.train)
    table, root = PoseTable.load(folder / "poses.npz"), image_root(config, "train", folder)
    cross_fit(table, root, work.unit.params["fold"], error.folds, settings, work.bench, start_file(settings))
    return {}


STAGE = Stage("cross_fit", "finding people with networks that never saw them", units, trains=True)
