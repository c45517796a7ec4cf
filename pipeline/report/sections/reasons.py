"""The gain by the reason why a pose is rare: the best row beside its baseline."""

from __future__ import annotations

from typing import Any

from pipeline.report.gain import Gain
from pipeline.report.run import Run
from training.metrics.rarity_table import cells_of

ENOUGH = 10  # people that a figure asks for


def build(run: Run) -> dict[str, Any] | None:
    """rows: (reason, people who count, the baseline's cell, the best row's cell). few: `reason N` of too few people for a figure.

    None where nothing can be compared or nobody is rare.
    """
    gain: Gain | None = run.built.get("results", {}).get("gain")
    if gain is None:
        return None
    best, base = (run.metrics[row]["metrics"][gain.metric]["by_reason"] for row in (gain.row, gain.first.against))
    names = [r["name"] for r in run.metrics[gain.row]["reasons"]]
    found = sorted(zip(names, best["people"], cells_of(base), cells_of(best), strict=True), key=lambda row: -row[1])
    few = [f"{reason} {people}" for reason, people, _, _ in found if people < ENOUGH]
    rows = [row for row in found if row[1] >= ENOUGH]
    baseline = run.baseline_words(gain.first.against)
    return {"gain": gain, "baseline": baseline, "rows": rows, "few": few, "enough": ENOUGH} if found else None
