"""The stage `track`, its rows: one tracker on what the network found, or on the truth's poses."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Rows
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from smpl_assets.archive import write_json
from smpl_assets.work import Bench
from training.datasets.posetrack_writer import write_predictions
from training.tracking.detections import DETECTIONS, Detections, load_detections
from training.tracking.evidence import StoredEvidence
from training.tracking.film import Film, skeleton_of
from training.tracking.method import Method, Setting
from training.tracking.people import Sequence, nobody
from training.tracking.tracker import Tracker

VERSION = 1
PREDICTIONS = "predictions"


@dataclass(frozen=True)
class Row:
    """A row of the table. network: the folder of what its tracker learnt for itself, if anything."""

    method: Method
    options: dict[str, Any]
    network: Path | None = None


@dataclass(frozen=True)
class Scores:
    """Above which joints, and people, count for MOTA."""

    joint: float = 0.0
    person: float = 0.0


def track_films(films: Rows[Film], detections: Path, row: Row, scores: Scores, bench: Bench) -> None:
    """One tracker on every sequence; writes `predictions/mota`, `predictions/ap` and `summary.json`.

    Args:
        films: the sequences.
        detections: the folder of `track`'s unit `detect/POSES`.
        row: the tracker.
        scores: for MOTA.
        bench: where to work; its seed is the run's.
    """
    stored = detections / DETECTIONS
    place = Setting(skeleton_of(films), row.network, bench.device, bench.seed, StoredEvidence(stored))
    tracker: Tracker = row.method.open(row.method.options.model_validate(row.options), place)
    tracked = list(_tracked(films, stored, tracker, bench))
    write_predictions(tracked, bench.out / PREDICTIONS, scores.joint, scores.person)
    write_json(bench.out / "summary.json", {
        "sequences": len(tracked), "frames": sum(len(s.frames) for s in tracked), "tracks": sum(map(_tracks, tracked)),
    })  # fmt: skip


def track_film(film: Film, found: Detections, tracker: Tracker) -> Sequence:
    """A sequence whose people are those that a tracker gives; nobody is in frames that it was not shown."""
    tracked = tracker.track(film.seen(found.people, found.shown))
    people, none = dict(zip(film.places(found.shown), tracked, strict=True)), nobody(len(film.sequence.joints))
    frames = tuple(replace(f, people=people.get(place, none)) for place, f in enumerate(film.sequence.frames))
    return replace(film.sequence, frames=frames)


def _tracked(films: Rows[Film], stored: Path, tracker: Tracker, bench: Bench) -> Iterator[Sequence]:
    for done, film in enumerate(films, start=1):
        yield track_film(film, load_detections(stored / f"{film.sequence.name}.npz"), tracker)
        bench.progress(done, len(films))


def _tracks(sequence: Sequence) -> int:
    ids = [f.people.ids for f in sequence.frames if f.people is not None]
    return len(set(np.concatenate([np.zeros(0, int), *ids]).tolist()) - {-1})
