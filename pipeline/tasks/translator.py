"""Stage `translator`: learn to make rendered people look photographed."""

from __future__ import annotations

from pathlib import Path

from pipeline.config import Config
from pipeline.order import RARE
from pipeline.tasks.shared import image_files, image_root, picked, poses
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from style_transfer.table import TRANSLATORS

RENDERS = ("images.tar", "labels.npz")
ENVIRONMENT = ("torch", "torchvision", "opencv-python-headless", "numpy")


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit."""
    settings, files = config.translator, image_files(config, "train")
    reads = {"render": Reads("render", RARE, RENDERS), "annotations/train": poses(config, "train", images=True)}
    files |= {"kid_weights": Path(settings.kid_weights).expanduser()} if settings.kid_weights else {}
    code, libraries = picked((TRANSLATORS, settings.method))
    environment = (*ENVIRONMENT, *libraries)
    return [Unit("all", f"{__name__}:run", code, reads, settings.trained(), files, None, environment, threads=0, gpu_share=1.0)]


def run(work: Work) -> dict:
    """Train the translator from the rendered people to those of the photographs."""
    from smpl_assets.pose_table import PoseTable
    from style_transfer.stage import train_translator

    config, folder = work.config, work.one("annotations/train")
    table, root = PoseTable.load(folder / "poses.npz"), image_root(config, "train", folder)
    train_translator(list(work.inputs["render"]), table, root, config.translator, work.bench)
    return {}


STAGE = Stage("translator", "learning the style of the photographs", units, trains=True)
