"""Stage `start`: networks trained on the start set, one for all rows whose network is the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.config import Config
from pipeline.tasks.shared import picked, start_unit, started_network
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from training.codecs.table import CODECS
from training.runs import labels
from training.systems.table import SYSTEMS
from training.train_settings import RENDER, TrainSettings

ENVIRONMENT = ("torch", "torchvision", "lightning", "opencv-python-headless", "numpy")
FILES = ("images.tar", "labels.npz")


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit per network that starts from renders; labels that differ in nothing that matters here share one."""
    chosen = {start_unit(config, label): config.train.of(label) for label in _labels(config)}
    return [_unit(config, name, settings) for name, settings in chosen.items()]


def _labels(config: Config) -> list[str]:
    return [label for label in labels(config.train) if config.train.of(label).start == RENDER]


def _unit(config: Config, name: str, settings: TrainSettings) -> Unit:
    params: dict[str, Any] = {"network": started_network(settings)}
    params |= {"start": config.start.of(settings.weights).model_dump(mode="json")}
    weights = {"weights": Path(settings.weights).expanduser()} if settings.weights else {}
    code, libraries = picked((SYSTEMS, settings.network), *([(CODECS, settings.codec)] if settings.codec else []))
    reads = {"start_set": Reads("start_set", None, FILES)}
    how: dict[str, Any] = {"environment": (*ENVIRONMENT, *libraries), "gpu_share": 1.0}
    return Unit(name, f"{__name__}:run", code, reads, params, weights, **how)


def run(work: Work) -> dict:
    """Train one network."""
    from training.start.stage import train_start

    config = work.config
    label = next(label for label in _labels(config) if start_unit(config, label) == work.unit.name)
    train_start(work.inputs["start_set"], config.start, config.train.of(label), work.bench)
    return {}


STAGE = Stage("start", "training the networks' start weights", units, trains=True)
