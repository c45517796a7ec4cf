"""Stage `translator`: learn to make rendered people look photographed."""

from __future__ import annotations

from pathlib import Path

from pipeline.config import Config
from pipeline.tasks.shared import image_files, image_root, poses
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
    return [Unit("all", reads, params, {**image_files(config, "train"), **weights})]


def run(work: Work) -> dict:
    """Train the translator from the rendered people to those of the photographs."""
    from smpl_assets.pose_table import PoseTable
    from smpl_assets.work import Bench
    from style_transfer.stage import train_translator

    config, folder = work.config, work.one("annotations/train")
    table, root = PoseTable.load(folder / "poses.npz"), image_root(config, "train", folder)
    bench = Bench(config.seed, work.out, work.device, work.progress, work.scratch)
    train_translator(list(work.inputs["render"]), table, root, config.translator, bench)
    return {}


STAGE = Stage(
    "translator",
    after=("annotations", "render"),
    units=units,
    code=lambda config: ("pipeline.tasks.translator", TRANSLATORS.find(config.translator.method).module),
    run=lambda config: "pipeline.tasks.translator:run",
    environment=ENVIRONMENT,
    threads=0,
    title="learning the style of the photographs",
)
