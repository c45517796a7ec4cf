"""Figures of track.py's rows by speed, and the choice of what is chosen on training sequences."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.track_rows import BASE, Picked, Row, judged, track_row
from training.metrics.bootstrap import interval, point
from training.metrics.track_counts import SequenceCounts
from training.metrics.track_evaluation import TrackEvaluation, table_of
from training.metrics.track_intervals import track_statistics
from training.tracking.detections import Detections
from training.tracking.evaluate_stage import SPEEDS
from training.tracking.film import Film

SAMPLES = 1000


def mota(found: TrackEvaluation) -> float:
    """Honest, over all sequences."""
    return point(track_statistics(found.counts, True)["MOTA"]) if found.counts else float("nan")


def choose(films: list[Film], own: Mapping[str, Detections], true: Mapping[str, Detections], stages: int) -> Picked:
    """What has the best MOTA on these films; of equal ones the higher.

    alpha and reach: of TML on the truth's poses. Scores: of `distance` on the network's own.
    """

    def tml(alpha: float, reach: float) -> Row:
        return Row("tml", {"alpha": alpha, "reach": reach, "refine": False})

    ways = [(a, r) for a in (0.3, 0.5, 0.7, 0.9) for r in (1.0, 2.0)]
    _, alpha, reach = max((mota(judged(films, track_row(films, true, tml(a, r), stages))), a, r) for a, r in ways)
    tracked = track_row(films, own, Row(BASE, {"memory": 1}), stages)
    scores = [(j, p) for j in (0.25, 0.35, 0.45, 0.55, 0.65, 0.75) for p in (0.4, 0.7, 1.0)]
    _, joint, person = max((mota(judged(films, tracked, j, p)), j, p) for j, p in scores)
    return Picked(alpha, reach, joint, person)


def groups_of(films: list[Film]) -> dict[str, set[str]]:
    """Names of the films by speed, and of those in one shirt; groups without films are left out."""
    speed = {f.sequence.name: float(f.sequence.facts["moves"]) for f in films}
    groups = {n: {s for s, v in speed.items() if low <= v < high} for n, (low, high) in SPEEDS.items()}
    groups["same shirt"] = {f.sequence.name for f in films if f.sequence.facts.get("same_shirt")}
    return {"all": set(speed)} | {n: g for n, g in groups.items() if g}


def table(
    films: list[Film], found: Mapping[str, Detections], rows: Mapping[str, Row], picked: Picked, stages: int
) -> dict[str, Any]:
    """Every row, over all and by speed: with the joints and people that count for MOTA, and with all of them.

    Gains are over the first row.
    """
    groups = groups_of(films)
    result: dict[str, Any] = {"sequences": {n: len(g) for n, g in groups.items()}, "rows": {}}
    base: TrackEvaluation | None = None
    for name, row in rows.items():
        begun = time.process_time()
        tracked = track_row(films, found, row, stages)
        seconds = time.process_time() - begun
        ours = judged(films, tracked, picked.joint, picked.person)
        every = judged(films, tracked) if picked.joint or picked.person else ours
        base = base or ours
        line: dict[str, Any] = {"seconds": round(seconds, 2), "switches": switches(ours)}
        for group, members in groups.items():
            parts = [[c for c in e.counts if c.name in members] for e in (ours, base, every)]
            line[group] = gained(parts[0], parts[1]) | figures(parts[0]) | {"every joint": figures(parts[2])}
        result["rows"][name] = line
        print(f"  {name}: {line['all']['MOTA']}, {seconds:.1f} s", flush=True)
    return result


def gained(ours: list[SequenceCounts], base: list[SequenceCounts]) -> dict[str, Any]:
    """MOTA over that of the row that gains are over, and its interval over sequences."""
    pair = [track_statistics(counts, True)["MOTA"] for counts in (ours, base)]
    bounds = interval(pair[0], 1, "MOTA", SAMPLES, 0.95, pair[1])
    ends = [round(float(b), 2) for b in (bounds.difference_low, bounds.difference_high)]
    return {"gain": round(point(pair[0]) - point(pair[1]), 2), "gain_interval": ends}


def figures(counts: list[SequenceCounts]) -> dict[str, float]:
    """Honest, means over joints: MOTA, MOT's recall and precision, mAP."""
    found = table_of(counts, True)
    return {n: round(float(getattr(found, n)[-1]), 2) for n in ("MOTA", "recall", "precision", "mAP")}


def switches(found: TrackEvaluation) -> int:
    """Of joints, honest."""
    return int(sum(np.sum(c.honest.switches) for c in found.counts))


def mean_precision(films: list[Film], found: Mapping[str, Detections]) -> dict[str, float]:
    """MAP of poses by speed, all joints and people counted."""
    counts = judged(films, track_row(films, found, Row(BASE, {}), 0)).counts
    groups = {n: g for n, g in groups_of(films).items() if n in SPEEDS}
    return {n: figures([c for c in counts if c.name in g])["mAP"] for n, g in groups.items()}
