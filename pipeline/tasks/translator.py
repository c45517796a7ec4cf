"""Stage `translator`: learn to make rendered people look photographed."""

from __future__ import annotations

from pathlib import Path

from pipeline.config import Config
from pipeline.tasks.shared import image_files, image_root, poses
from pipeline.unit import Facts, Reads, Stage, Unit, Work

ENVIRONMENT = ("torch", "torchvision", "opencv-python-headless", "numpy")


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit."""
    reads = {
        "render": Reads("render", None, ("images.tar", "labels.json")),
        "annotations/train": poses(config, "train", images=True),
    }
    params = config.translator.trained()
    weights = {"kid_weights": Path(config.translator.kid_weights).expanduser()} if config.translator.kid_weights else {}
    return [
        Unit(
            "all",
            run="pipeline.tasks.translator:run",
            reads=reads,
            params=params,
            externals={**image_files(config, "train"), **weights},
            environment=ENVIRONMENT,
            threads=0,
            gpu_share=1.0,
        )
    ]


def run(work: Work) -> dict:
    """Train the translator from the rendered people to those of the photographs."""
    from smpl_assets.pose_table import PoseTable
    from style_transfer.stage import train_translator

    config, folder = work.config, work.one("annotations/train")
    table, root = PoseTable.load(folder / "poses.npz"), image_root(config, "train", folder)
    renders, checkpoint = list(work.inputs["render"]), work.scratch / "translator.pt"
    train_translator(renders, table, root, config.translator, config.seed, work.out, work.device, work.progress, checkpoint)
    return {}


STAGE = Stage("translator", "learning the style of the photographs", units)
