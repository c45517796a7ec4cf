"""The stage `track_evaluate`: one tracker's predictions against the sequences."""

from __future__ import annotations

import math
from collections.abc import Sequence as Rows
from pathlib import Path
from typing import Any

from smpl_assets.archive import write_json
from smpl_assets.work import Bench
from training.datasets.posetrack_sequences import read_sequences
from training.metrics.bootstrap import interval, point
from training.metrics.track_counts import SequenceCounts
from training.metrics.track_evaluation import TrackEvaluation, evaluate_tracks, table_of
from training.metrics.track_intervals import track_statistics
from training.tracking.people import Sequence

VERSION = 1
SAMPLES, CONFIDENCE = 1000, 0.95
# Mean movement of a joint from frame to frame, heights of its person.
SPEEDS = {"slow": (0.0, 0.12), "medium": (0.12, 0.25), "fast": (0.25, math.inf)}


def evaluate_tracker(truth: Rows[Sequence], predictions: Path, baseline: Path | None, bench: Bench) -> None:
    """Write metrics.json: `official` (poseval's) and `honest`, each with mAP of all joints, and MOTA by speed.

    Args:
        truth: annotated sequences; their fact `moves` says how fast they are.
        predictions: the folder of a row of `track`.
        baseline: of the row that it is compared with on the same resamples of sequences.
        bench: its seed is that of the resamples.
    """
    ours, base = _both(truth, predictions), None if baseline is None else _both(truth, baseline)
    found: dict[str, Any] = {}
    for kind, honest in (("official", False), ("honest", True)):
        sure, every = ours
        figures = _with_map(sure.to_json(honest, SAMPLES), every.to_json(honest, SAMPLES))
        figures["speeds"] = _speeds(truth, sure, None if base is None else base[0], honest, bench)
        found[kind] = figures
    write_json(bench.out / "metrics.json", found)


_OF_ALL = ("mAP", "ap_precision", "ap_recall")


def _with_map(sure: dict[str, Any], every: dict[str, Any]) -> dict[str, Any]:
    """The figures of the joints that count for MOTA, those of mAP and their intervals from all joints."""

    def taken(ours: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
        return ours | {name: other[name] for name in _OF_ALL if name in other}

    found = taken(sure, every)
    found["intervals"] = taken(sure["intervals"], every["intervals"])
    found["sequences"] = {name: taken(own, every["sequences"][name]) for name, own in sure["sequences"].items()}
    return found


def _both(truth: Rows[Sequence], folder: Path) -> tuple[TrackEvaluation, TrackEvaluation]:
    """With the joints that count for MOTA, and with all."""
    files = (read_sequences(folder / "predictions" / name, predicted=True)[0] for name in ("mota", "ap"))
    sure, every = (evaluate_tracks(truth, found) for found in files)
    return sure, every


def _speeds(
    truth: Rows[Sequence], ours: TrackEvaluation, base: TrackEvaluation | None, honest: bool, bench: Bench
) -> dict[str, Any]:
    """MOTA over all sequences and over those of each speed, and what it gains over the baseline."""
    speed = {s.name: float(s.facts.get("moves", math.nan)) for s in truth}
    found = {}
    for name, (low, high) in {"all": (-math.inf, math.inf), **SPEEDS}.items():
        chosen = [[c for c in e.counts if low <= speed[c.name] < high or name == "all"] for e in (ours, base) if e is not None]
        if chosen[0]:
            found[name] = _figures(chosen, honest, bench.seed)
    return found


def _figures(chosen: Rows[Rows[SequenceCounts]], honest: bool, seed: int) -> dict[str, Any]:
    statistics = [track_statistics(counts, honest)["MOTA"] for counts in chosen]
    minus = statistics[1] if len(statistics) > 1 else None
    bounds = interval(statistics[0], seed, "MOTA", SAMPLES, CONFIDENCE, minus)
    values: dict[str, Any] = {
        "sequences": len(chosen[0]), "MOTA": point(statistics[0]), "MOTA_interval": [bounds.low, bounds.high],
        "recall": table_of(chosen[0], honest).recall[-1],
    }  # fmt: skip
    if minus is not None:
        values["gain"] = point(statistics[0]) - point(minus)
        values["gain_interval"] = [bounds.difference_low, bounds.difference_high]
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    """Rounded, NaN as null."""
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, int):
        return value
    return round(float(value), 4) if math.isfinite(value) else None
