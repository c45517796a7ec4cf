"""Stage `train`: one network per row of the table and seed."""

from __future__ import annotations

from pathlib import Path

from pipeline.config import Config
from pipeline.tasks.shared import image_files, image_root, picked, poses, start_unit
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from training.codecs.table import CODECS
from training.recipes import Recipe
from training.runs import Training, recipe, trained_rows, trainings
from training.start.shipped import start_file
from training.systems.table import SYSTEMS
from training.train_settings import RENDER, WORDS

ENVIRONMENT = ("torch", "torchvision", "lightning", "opencv-python-headless", "numpy")
FILE = "network.safetensors"
FILES = {"real": ("samples.npz",), "render": ("poses.npz", "samples.npz", "images.tar")}
FILES["translated"] = FILES["fill"] = FILES["render"]


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit per network, recipe and seed; each reads only the kinds of samples that it trains on."""
    rows = trained_rows(config.train)
    return [_unit(config, training, recipe(config.train, row)) for row in rows for training in trainings(config.train, row)]


def _unit(config: Config, training: Training, recipe: Recipe) -> Unit:
    settings = config.train.of(training.row.network)
    reads = {f"augment/{kind}": Reads("augment", kind, FILES[kind]) for kind in recipe.kinds}
    reads["annotations/train"] = poses(config, "train", images=True)
    weights = {"weights": Path(settings.weights).expanduser()} if settings.weights else {}
    if settings.start == RENDER:
        reads["start"] = Reads("start", start_unit(config, training.row.network), (FILE,))
    elif (file := start_file(settings)) is not None:
        weights["start"] = file
    row = [training.row.network, training.row.recipe]
    own = {"recipe": recipe.model_dump(mode="json"), "index": training.index, "row": row}
    own["start"] = settings.start if settings.start in WORDS else "file"
    params, files = settings.of_training() | own, {**weights, **image_files(config, "train")}
    code, libraries = picked((SYSTEMS, settings.network), *([(CODECS, settings.codec)] if settings.codec else []))
    environment = (*ENVIRONMENT, *libraries)
    return Unit(training.unit, f"{__name__}:run", code, reads, params, files, environment=environment, gpu_share=1.0)


def run(work: Work) -> dict:
    """Train one network."""
    from dataclasses import replace

    from smpl_assets.pose_table import PoseTable
    from training.recipes import Recipe, Row
    from training.train_stage import AugmentedSet, train_network, training_seed

    config, folder, params = work.config, work.one("annotations/train"), work.unit.params
    row, recipe = Row(*params["row"]), Recipe.model_validate(params["recipe"])
    kinds = {name.removeprefix("augment/"): work.one(name) for name in work.inputs if name.startswith("augment/")}
    augmented = AugmentedSet(PoseTable.load(folder / "poses.npz"), image_root(config, "train", folder), kinds)
    bench = replace(work.bench, seed=training_seed(config.seed, params["index"]))
    settings = config.train.of(row.network)
    start = work.one("start") / FILE if "start" in work.inputs else start_file(settings)
    train_network(row, recipe, augmented, settings, bench, start)
    return {}


STAGE = Stage("train", "training the pose networks", units, trains=True)
