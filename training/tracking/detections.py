"""What the network finds in a sequence, kept so that every tracker works on the same: people, and flow between them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from jaxtyping import Float

from smpl_assets.errors import StageError
from training.tracking.network_settings import Reading
from training.tracking.people import People

DETECTIONS = "detections"  # the folder of a unit's files


@dataclass(frozen=True)
class Detections:
    """People of each frame of a sequence that trackers are shown, and S_T (5.5) of those of frames up to some frames apart.

    flow: by head, stage and frames apart a matrix (earlier, later) per pair of frames (n, n + apart); frames that are not shown
    do not count. shown: places of the frames in their sequence, rising; None = all are shown.
    """

    people: tuple[People, ...]
    flow: dict[tuple[Reading, int], tuple[Float[np.ndarray, "_ _"], ...]]
    shown: tuple[int, ...] | None = None


def save_detections(file: Path, found: Detections) -> None:
    """Write a sequence's detections."""
    arrays = {"counts": np.array([len(p) for p in found.people], np.int64)}
    if found.shown is not None:
        arrays["shown"] = np.array(found.shown, np.int64)
    for column in fields(People):
        arrays[column.name] = np.concatenate([getattr(p, column.name) for p in found.people])
    for ((head, stage), apart), matrices in found.flow.items():
        flat = [m.ravel() for m in matrices]
        arrays[f"flow.{head}.{stage}.{apart}"] = np.concatenate([np.zeros(0), *flat]).astype(np.float32)
    np.savez(file, allow_pickle=False, **arrays)


def load_detections(file: Path) -> Detections:
    """Inverse of `save_detections`, flow to single precision; StageError where the file is none."""
    try:
        with np.load(file, allow_pickle=False) as arrays:
            read = {name: arrays[name] for name in arrays.files}
        ends = np.cumsum(read["counts"])
        parts = {c.name: np.split(read[c.name], ends[:-1]) for c in fields(People)}
        people = tuple(People(**{name: rows[n] for name, rows in parts.items()}) for n in range(len(ends)))
        shown = tuple(read["shown"].tolist()) if "shown" in read else None
        if shown is not None and len(shown) != len(people):
            raise ValueError(f"{len(shown)} frames are shown, {len(people)} have people")
        flow = {}
        for name in (n for n in read if n.startswith("flow.")):
            _, head, stage, apart = name.split(".")
            flow[(head, int(stage)), int(apart)] = _matrices(read[name].astype(np.float64), people, int(apart))
    except (OSError, KeyError, ValueError) as error:
        raise StageError(f"{file}: not detections of a tracker ({error})", "rarepose verify --deep") from error
    return Detections(people, flow, shown)


def _matrices(values: np.ndarray, people: tuple[People, ...], apart: int) -> tuple[np.ndarray, ...]:
    shapes = [(len(a), len(b)) for a, b in zip(people, people[apart:], strict=False)]
    parts = np.split(values, np.cumsum([a * b for a, b in shapes])[:-1]) if shapes else []
    return tuple(part.reshape(shape) for part, shape in zip(parts, shapes, strict=True))
