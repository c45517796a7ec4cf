"""Stage `translator`: learn to make rendered people look photographed."""

from __future__ import annotations

from pathlib import Path

from pipeline.config import Config
from pipeline.tasks.shared import chosen, image_files, image_root, libraries, poses
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from style_transfer.table import TRANSLATORS

ENVIRONMENT = ("torch", "torchvision", "opencv-python-headless", "numpy")


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit."""
    reads = {
        "render": Reads("render", None, ("images.tar", "labels.npz")),
        "annotations/train": poses(config, "train", images=True),
    }
    params = config.translator.trained()
    weights = {"kid_weights": Path(config.translator.kid_weights).expanduser()} if config.translator.kid_weights else {}
    return [
        Unit(
            "all",
            run="pipeline.tasks.translator:run",
            code=chosen(TRANSLATORS, config.translator.method),
            reads=reads,
            params=params,
            externals={**image_files(config, "train"), **weights},
            environment=(*ENVIRONMENT, *libraries(TRANSLATORS, config.translator.method)),
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
    train_translator(list(work.inputs["render"]), table, root, config.translator, work.bench)
    return {}


STAGE = Stage("translator", "learning the style of the photographs", units)
