"""`rarepose predict`: a trained network on images and videos, without a stage."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.cli_options import DEFAULT_CONFIG, opened
from pipeline.console import Console
from pipeline.out_folder import writable_folder
from pipeline.states import dropped
from pipeline.worker import pick_devices
from smpl_assets.errors import InputError, StageError
from smpl_assets.skipped import Skipped
from training.codecs.codec import Decode
from training.start.shipped import shipped_networks


@dataclass(frozen=True)
class People:
    """Where people are: in a file of boxes, or where a detector with the user's weights finds them."""

    boxes: Path | None = None
    detector: Path | None = None
    detector_network: str = ""
    detector_score: float = 0.5


@dataclass(frozen=True)
class Taste:
    """How to look, and what to draw."""

    overlays: bool
    joint_score: float
    decode: Decode
    flip_test: bool
    batch_size: int
    device: str


@dataclass(frozen=True)
class Places:
    """The run that a network may be a row of, and the folder to write."""

    config: Path | None
    changes: list[str] | None
    store: Path
    out: Path


def find(pictures: Sequence[Path], network: str, people: People, taste: Taste, places: Places) -> tuple[dict[str, Any], str]:
    """Predict and write; what was found, as plain values and in a sentence."""
    from training.inference.boxes import read_boxes
    from training.inference.detector import open_detector
    from training.inference.load import load
    from training.inference.pictures import find_sources
    from training.inference.run import Looking, predict

    if people.boxes is not None and people.detector is not None:
        raise InputError("--boxes and --detector: people are taken from one of them", "leave one out")
    if any(writable_folder(places.out).iterdir()):
        raise InputError(f"--out {places.out}: the folder is not empty", "name a new one")
    sources, skipped = find_sources(pictures), Skipped()
    path = network_path(network, places.config, places.changes, places.store)
    device = taste.device or ("cpu" if str(path).endswith(".onnx") else pick_devices()[0])
    estimator = load(path, device, taste.decode, taste.flip_test, taste.batch_size)
    boxes = read_boxes(people.boxes, skipped) if people.boxes is not None else None
    detector = None
    if people.detector is not None:
        detector = open_detector(people.detector, people.detector_network, device, people.detector_score)
    looking = Looking(boxes, detector, taste.overlays, taste.joint_score)
    console, began = Console(), time.monotonic()
    with console.live(), console.counting("predict") as progress:
        done = predict(estimator, sources, places.out, looking, skipped, progress)
    seconds = time.monotonic() - began
    summary = {
        "pictures": done.pictures, "people": done.people, "empty": done.empty, "skipped": skipped.counts, "noted": skipped.noted,
        "seconds": round(seconds, 2), "out": str(places.out),
    }  # fmt: skip
    left_out = "".join(f"; {word}: {counted}" for word, counted in _told(skipped, done.empty).items() if counted)
    rate = f"{done.pictures / seconds:.1f} pictures a second" if seconds else ""
    return summary, f"{places.out}: {done.people} people on {done.pictures} pictures, {rate}{left_out}"


def _told(skipped: Skipped, empty: int) -> dict[str, str]:
    noted = ", ".join(f"{count} x {what}" for what, count in skipped.noted.items())
    return {"without people": str(empty or ""), "skipped": skipped.summary(), "noted": noted}


def network_path(network: str, config: Path | None, changes: list[str] | None, store: Path) -> Path | str:
    """The file of a network that is named by itself, by a shipped one's name, or as a row of a finished run.

    Raises:
        InputError: no such file, and no such row.
        StageError: the row is not trained.
    """
    if Path(network).expanduser().exists() or network in shipped_networks():
        return network
    if config is None and not DEFAULT_CONFIG.is_file():
        what = "no such file" if Path(network).suffix else "no file, and no configuration of a run that it could be a row of"
        raise InputError(
            f"--network {network}: {what}", f"a network.safetensors, an .onnx, one of {', '.join(shipped_networks())}"
        )
    here = opened(config, store, changes)
    units = {unit.unit.name: unit for unit in here.plan.state("train").units}
    if network not in units:
        raise InputError(f"--network {network}: neither a file nor a row", f"rows: {', '.join(units)}")
    if not units[network].done:
        raise StageError(f"train/{network}: {units[network].reason or 'not made'}", "rarepose run train with the same options")
    if units[network].state == "evicted":
        raise dropped(f"train/{network}", "train")
    return here.plan.store.path("train", units[network].key)
