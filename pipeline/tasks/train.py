"""Stage `train`: one network per row of the table and seed."""

from __future__ import annotations

from pathlib import Path

from pipeline.config import Config
from pipeline.tasks.shared import chosen, image_files, image_root, libraries, poses
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from training.codecs.table import CODECS
from training.recipes import Recipe
from training.runs import Training, recipe, trained_rows, trainings
from training.systems.table import SYSTEMS

ENVIRONMENT = ("torch", "torchvision", "lightning", "opencv-python-headless", "numpy")
FILES = {"real": ("samples.npz",), "render": ("poses.npz", "samples.npz", "images.tar")}
FILES["translated"] = FILES["render"]


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit per network, recipe and seed; each reads only the kinds of samples that it trains on."""
    return [
        _unit(config, training, recipe(config.train, row))
        for row in trained_rows(config.train)
        for training in trainings(config.train, row)
    ]


def _unit(config: Config, training: Training, recipe: Recipe) -> Unit:
    settings = config.train.of(training.row.network)
    reads = {f"augment/{kind}": Reads("augment", kind, FILES[kind]) for kind in recipe.kinds}
    weights = {"weights": Path(settings.weights).expanduser()} if settings.weights else {}
    own = {"recipe": recipe.model_dump(mode="json"), "index": training.index, "row": training.row.name}
    return Unit(
        training.unit,
        run="pipeline.tasks.train:run",
        code=(*chosen(SYSTEMS, settings.network), *(chosen(CODECS, settings.codec) if settings.codec else ())),
        reads={**reads, "annotations/train": poses(config, "train", images=True)},
        params=settings.of_training() | own,
        externals={**weights, **image_files(config, "train")},
        environment=(*ENVIRONMENT, *libraries(SYSTEMS, settings.network)),
        gpu_share=1.0,
    )


def run(work: Work) -> dict:
    """Train one network."""
    from dataclasses import replace

    from smpl_assets.pose_table import PoseTable
    from training.train_stage import AugmentedSet, train_network

    config, folder = work.config, work.one("annotations/train")
    training = _training(config, work.unit.name)
    kinds = {name.removeprefix("augment/"): work.one(name) for name in work.inputs if name.startswith("augment/")}
    augmented = AugmentedSet(PoseTable.load(folder / "poses.npz"), image_root(config, "train", folder), kinds)
    settings, bench = config.train.of(training.row.network), replace(work.bench, seed=training.seed(config.seed))
    train_network(training.row, recipe(config.train, training.row), augmented, settings, bench)
    return {}


def _training(config: Config, unit: str) -> Training:
    everything = (t for row in trained_rows(config.train) for t in trainings(config.train, row))
    return next(t for t in everything if t.unit == unit)


STAGE = Stage("train", "training the pose networks", units)
