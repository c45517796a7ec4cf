"""The rows of track.py's tables, and how one is run on kept detections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.track_costs import LIMBS
from training.metrics.track_evaluation import TrackEvaluation, evaluate_tracks
from training.tracking.detections import Detections
from training.tracking.film import Film
from training.tracking.method import Setting
from training.tracking.network_settings import Head
from training.tracking.online_settings import USUAL_MOTION
from training.tracking.people import Sequence
from training.tracking.scores_stage import sure
from training.tracking.table import LEARNT, TRACKERS
from training.tracking.track_stage import Scores, track_film
from training.tracking.tracker import Seen

BASE = "distance"


@dataclass(frozen=True)
class Picked:
    """What is chosen on training sequences. joint, person: scores that count for MOTA."""

    alpha: float = 0.5
    reach: float = 2.0
    joint: float = 0.0
    person: float = 0.0


@dataclass(frozen=True)
class Row:
    """A row. network: the folder of what its tracker learnt for itself."""

    tracker: str
    options: dict[str, Any]
    network: Path | None = None


@dataclass(frozen=True)
class Kept:
    """Films' detections as evidence; `stage` None is the last one of `stages`."""

    of: Mapping[str, Detections]
    stages: int

    def __call__(self, before: Seen, after: Seen, head: Head, stage: int | None) -> np.ndarray:
        """See `Evidence`."""
        return self.of[before.sequence].flow[(head, stage or self.stages), after.number - before.number][before.number]


def rows(picked: Picked, networks: Mapping[str, Path], further: int | None) -> dict[str, Row]:
    """The table's rows; a track may miss one frame in each.

    networks: folders of what trackers learnt, by network; without one its row is left out. further: temporal stages of a second
    network whose flow was kept too.
    """
    kept = {"memory": 1}
    tml: dict[str, Any] = {"alpha": picked.alpha, "reach": picked.reach, "refine": False}
    found = {BASE: Row("distance", kept), "distance, torso": Row("distance", kept | {"distance": "torso"})}
    found |= {name: Row(name, kept) for name in ("iou", "oks", "flow")}
    found |= {name: Row(name, kept, networks[of]) for name, of in LEARNT.items() if of in networks}
    found |= {f"distance, motion {m:g}": Row("distance", kept | {"motion": m}) for m in (0.5, USUAL_MOTION, 1.0)}
    found |= {f"{name}, motion": Row(name, kept | {"motion": USUAL_MOTION}) for name in ("iou", "oks")}
    found |= {f"TML, alpha {a:g}": Row("tml", tml | {"alpha": a}) for a in (0.0, 0.3, 0.5, 0.7, 0.9, 1.0)}
    found |= {f"TML, {m}": Row("tml", tml | {"mapping": m}) for m in ("exp", "gauss")}
    heads: dict[str, Head] = {"joint flow": "joints", "accumulated": "accumulated", "TML": "limbs"}
    for stage in (1, None, *([further] if further else [])):
        after = {1: ", 1 stage", None: ""}.get(stage, f", {stage} stages")
        found |= {f"{name}{after}": Row("tml", tml | {"head": head, "stage": stage}) for name, head in heads.items()}
    found |= {f"{name}, motion": Row("tml", tml | {"head": head, "motion": USUAL_MOTION}) for name, head in heads.items()}
    return found | {f"{name} + refinement": Row("tml", tml | {"head": head, "refine": True}) for name, head in heads.items()}


def track_row(films: list[Film], found: Mapping[str, Detections], row: Row, stages: int) -> list[Sequence]:
    """Every film with the ids that a row's tracker gives."""
    method = TRACKERS.load(row.tracker)
    place = Setting(LIMBS.skeleton, row.network, evidence=Kept(found, stages))
    opened = method.open(method.options.model_validate(row.options), place)
    return [track_film(film, found[film.sequence.name], opened) for film in films]


def judged(films: list[Film], tracked: list[Sequence], joint: float = 0.0, person: float = 0.0) -> TrackEvaluation:
    """Counts, of the joints and people above these scores."""
    return evaluate_tracks([f.sequence for f in films], [sure(s, Scores(joint, person)) for s in tracked])
