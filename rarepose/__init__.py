"""RarePose in Python: what its stages do, as functions. The rest is in the four packages behind it (docs/architecture.md).

    people = rarepose.read("annotations.json", "images")     # PoseTable
    scores = rarepose.rarity(people)                         # RareScores: which poses are rare, and why
    fits = rarepose.fit(people, scores.rarest_first()[:20])  # Fits: their bodies
    rarepose.render(fits, people, "renders")                 # labelled pictures of them
    network = rarepose.train(people, "images", "network", rendered=["renders"], recipe="asrp", network="simple_tiny")
    figures = rarepose.evaluate(network, validation, "images", rarepose.rarity(validation, people))
    rarepose.predict(network, ["holiday.jpg", "clip.mp4"], "predictions")
    rarepose.judge("annotations.json", "results.json")       # accuracy of any model by rarity (dict)
    rarepose.rank("results.json", against="annotations.json")  # which unlabelled images are worth labelling
    network = rarepose.load("network")                       # one that was trained, an ONNX file, or "simple_small"

Nothing here knows a configuration or a store: `rarepose run` is for that. Every function takes the options of its section of the
configuration by their names (docs/configuration.md).
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rarepose.bodies import fit, render
    from rarepose.data import demo, read
    from rarepose.judging import judge, rank
    from rarepose.networks import evaluate, predict, train
    from rarepose.rare import rarity
    from training.inference.load import load

__all__ = ["demo", "evaluate", "fit", "judge", "load", "predict", "rank", "rarity", "read", "render", "train"]

_PLACES = {
    **dict.fromkeys(("demo", "read"), "rarepose.data"),
    "rarity": "rarepose.rare",
    **dict.fromkeys(("fit", "render"), "rarepose.bodies"),
    **dict.fromkeys(("train", "evaluate", "predict"), "rarepose.networks"),
    **dict.fromkeys(("judge", "rank"), "rarepose.judging"),
    "load": "training.inference.load",
}

try:
    __version__ = version("rarepose")
except PackageNotFoundError:  # a checkout that is not installed
    __version__ = "0+unknown"


def __getattr__(name: str) -> object:
    """Functions are imported when they are asked for: torch and the renderer take seconds."""
    if name not in _PLACES:
        raise AttributeError(f"rarepose has no {name}; it has {', '.join(__all__)}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
