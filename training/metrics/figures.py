"""The figures of one metric over groups of people, with intervals and the difference to another row."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool

from training.evaluate_settings import EvaluateSettings
from training.metrics.bootstrap import Statistic, interval, point
from training.metrics.measures import Measure, SeedMeasure

Groups = Sequence[tuple[str, Bool[np.ndarray, " people"]]]  # by name, who is in it


def figures(measure: Measure, other: Measure | None, groups: Groups, settings: EvaluateSettings, seed: int) -> dict[str, Any]:
    """Values with their bounds, who counts, and the `difference` to the other row's measure (None without one).

    Percentages, one per group in their order, None where nothing counts. seed: of the bootstrap.
    """
    statistics = [measure.statistic(rows) for _, rows in groups]
    pairs = [_pair(measure, other, s, rows) for s, (_, rows) in zip(statistics, groups, strict=True)]
    bounds = [
        interval(ours, seed, name, settings.bootstrap, settings.confidence, theirs)
        for (ours, theirs), (name, _) in zip(pairs, groups, strict=True)
    ]
    gains = [float("nan") if theirs is None else point(ours) - point(theirs) for ours, theirs in pairs]
    difference = {
        "values": numbers(gains),
        "low": numbers(b.difference_low for b in bounds),
        "high": numbers(b.difference_high for b in bounds),
    }
    return {
        "values": numbers(point(s) for s in statistics),
        "low": numbers(b.low for b in bounds),
        "high": numbers(b.high for b in bounds),
        "people": [s.people for s in statistics],
        "difference": None if other is None else difference,
    }


def further_figures(measure: Measure, groups: Groups) -> dict[str, Any]:
    """`details` by name and group; `per_seed` and `per_joint` by group, where the metric has them."""
    details = [measure.details(rows) for _, rows in groups]
    result: dict[str, Any] = {"details": {name: numbers(d[name] for d in details) for name in details[0]}}
    if isinstance(measure, SeedMeasure):
        result["per_seed"] = [numbers(point(m.statistic(rows)) for _, rows in groups) for m in measure.seeds]
    joints = [measure.per_joint(rows) for _, rows in groups]
    if joints[0] is not None:
        result["per_joint"] = [numbers(j or []) for j in joints]
    return result


def number(value: float) -> float | None:
    """As metrics.json has it: six digits, None where it is not finite."""
    return round(float(value), 6) if math.isfinite(value) else None


def numbers(values: Iterable[float]) -> list[float | None]:
    """`number` of each."""
    return [number(float(v)) for v in values]


def _pair(
    measure: Measure, other: Measure | None, statistic: Statistic, rows: Bool[np.ndarray, " people"]
) -> tuple[Statistic, Statistic | None]:
    """Both statistics on the people that count in both; an image that one evaluation lost is left out of the comparison."""
    if other is None:
        return statistic, None
    if np.array_equal(measure.counts, other.counts):
        return statistic, other.statistic(rows)
    common = rows & measure.counts & other.counts
    return measure.statistic(common), other.statistic(common)
