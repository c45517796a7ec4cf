"""Stage `train`: one pose network per training variant."""

from __future__ import annotations

from pathlib import Path

from pipeline.config import Config
from pipeline.tasks.shared import image_files, image_root, poses
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from training.variants import parse_variant

LOADING = {"variants", "weights", "workers"}


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit per variant; each reads only the parts of the augmented set that it trains on."""
    settings = config.train
    params = settings.model_dump(mode="json", exclude=LOADING)
    weights = {"weights": Path(settings.weights).expanduser()} if settings.weights else {}
    result = []
    for name in settings.variants:
        variant = parse_variant(name)
        files = ["real.json"]
        files += ["render.json", "render.tar"] if variant.asrp else []
        files += ["translated.json", "translated.tar"] if variant.asrpt else []
        reads = {"augment": Reads("augment", None, tuple(files)), "annotations/train": poses(config, "train", images=True)}
        result.append(Unit(name, reads, params, {**weights, **image_files(config, "train")}))
    return result


def run(work: Work) -> dict:
    """Train one variant."""
    from training.train_stage import train_variant

    config = work.config
    root = image_root(config, "train", work.one("annotations/train"))
    places = (work.one("augment"), root)
    train_variant(work.unit.name, *places, config.train, config.seed, work.out, work.device, work.progress, work.scratch)
    return {}


STAGE = Stage(
    "train",
    after=("annotations", "augment"),
    units=units,
    code=lambda config: ("pipeline.tasks.train",),
    run=lambda config: "pipeline.tasks.train:run",
    environment=("torch", "torchvision", "lightning", "opencv-python-headless", "numpy"),
    title="training the pose networks",
)
