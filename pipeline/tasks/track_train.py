"""Stage `track_train`: what trackers learn, one network per unit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.config import Config
from pipeline.tasks.shared import picked
from pipeline.unit import Facts, Reads, Stage, Unit, Work
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
    reads = {"track_data": Reads("track_data", "train-*", FILES)}
    environment = (*ENVIRONMENT, *libraries)
    return Unit(name, f"{__name__}:run", code, reads, params, weights, environment=environment, gpu_share=1.0)


def run(work: Work) -> dict:
    """Train one network."""
    from training.tracking.film import load_films

    train = TRAINERS.load(work.unit.params["network"])
    train(load_films(work.inputs["track_data"]), work.config.track, work.bench)
    return {}


STAGE = Stage("track_train", "training the trackers' networks", units)
