"""Stage `track_train`: what trackers learn, one network per unit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.config import Config
from pipeline.tasks.shared import image_files, image_root, picked, poses
from pipeline.tasks.train import FILES as SAMPLES
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from smpl_assets.errors import InputError
from training.recipes import Recipe, recipe_of
from training.runs import kinds_asked_for
from training.tracking.start import start_file, weights_file
from training.tracking.table import LEARNT, TRAINERS, TRAINS_ON

ENVIRONMENT = ("torch", "opencv-python-headless", "numpy")
FILE = "network.safetensors"
FILES = ("frames.tar", "sequences/")
# Settings of a training that change no result.
_SPEED = {"workers", "threads", "start", "weights"}


def networks(config: Config) -> list[str]:
    """The networks that the rows need: `tml`, whose poses and flow all work on, and those that trackers have of their own."""
    rows = config.track.table.values()
    return ["tml", *dict.fromkeys(LEARNT[row.tracker] for row in rows if row.tracker in LEARNT)]


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit per network; none where nobody asks for trackers."""
    return [_unit(config, name) for name in networks(config)] if config.track.enabled else []


def _unit(config: Config, name: str) -> Unit:
    settings = config.track
    params: dict[str, Any] = {"network": name, "settings": settings.model_dump(mode="json", include=set(TRAINS_ON[name]))}
    weights: dict[str, Path] = {}
    if name == "tml":
        params["settings"]["train"] = settings.train.model_dump(mode="json", exclude=_SPEED)
        if (start := start_file(settings)) is not None:
            weights["start"] = start
        elif (file := weights_file(settings)) is not None:
            weights["weights"] = file
    code, libraries = picked((TRAINERS, name))
    reads, run = {"track_data": Reads("track_data", "train-*", FILES)}, "run"
    if name == "combined" and settings.combined.variant:
        recipe, run = _recipe(config), "run_with_people"
        params["recipe"] = recipe.model_dump(mode="json")
        reads |= {f"augment/{kind}": Reads("augment", kind, SAMPLES[kind]) for kind in recipe.kinds}
        reads["annotations/train"] = poses(config, "train", images=True)
        weights |= image_files(config, "train")
    environment = (*ENVIRONMENT, *libraries)
    return Unit(name, f"{__name__}:{run}", code, reads, params, weights, environment=environment, gpu_share=1.0)


def _recipe(config: Config) -> Recipe:
    """Of `track.combined.variant`; InputError where it is none, or shows what no variant of `train` does."""
    variant = config.track.combined.variant
    recipe = recipe_of(variant, config.train.recipes)
    if lacking := [kind for kind in recipe.kinds if kind not in kinds_asked_for(config.train)]:
        what = f"track.combined.variant = '{variant}' shows {', '.join(lacking)} samples, which no variant of train does"
        raise InputError(what, "add it to train.variants")
    return recipe


def run(work: Work) -> dict:
    """Train one network on the films."""
    from training.tracking.film import load_films

    train = TRAINERS.load(work.unit.params["network"])
    train(load_films(work.inputs["track_data"]), work.config.track, work.bench)
    return {}


def run_with_people(work: Work) -> dict:
    """Train `combined` on the films, and D_S on people of the augmented set too."""
    from smpl_assets.pose_table import PoseTable
    from training.tracking.combined_people import PeopleFeed, read_people
    from training.tracking.film import load_films, skeleton_of

    config, folder = work.config, work.one("annotations/train")
    kinds = {name.removeprefix("augment/"): work.one(name) for name in work.inputs if name.startswith("augment/")}
    table, root = PoseTable.load(folder / "poses.npz"), image_root(config, "train", folder)
    people = read_people(table, root, kinds, Recipe.model_validate(work.unit.params["recipe"]))
    films = load_films(work.inputs["track_data"])
    feed = PeopleFeed(people, skeleton_of(films), config.track.combined, work.bench.seed)
    TRAINERS.load("combined")(films, config.track, work.bench, feed)
    return {}


STAGE = Stage("track_train", "training the trackers' networks", units)
