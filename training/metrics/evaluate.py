"""metrics.json: every metric in columns by rarity, with intervals and the difference to the baseline."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from smpl_assets.pose_table import PoseTable
from training.evaluate_settings import EvaluateSettings
from training.metrics.bootstrap import Statistic, interval, point
from training.metrics.columns import Column, build_columns, rarity_values
from training.metrics.measures import Measure, build_measure, headline
from training.predictions import Predictions
from training.rarity.scores import RareScores

SCHEMA = 1


def evaluate_predictions(
    variant: str,
    predictions: Predictions,
    baseline: Predictions | None,
    table: PoseTable,
    scores: RareScores,
    settings: EvaluateSettings,
    seed: int,
) -> dict[str, Any]:
    """The content of metrics.json (docs/evaluation.md gives its layout). Percentages; None where nothing counts."""
    columns = build_columns(scores, settings)
    values = rarity_values(scores, settings.by)
    rows = [column.rows(values) for column in columns]
    metrics: dict[str, Any] = {}
    people: dict[str, Any] = {"person": np.flatnonzero(predictions.valid).tolist()}
    people["score"] = _numbers(predictions.score[predictions.valid])
    people["rarity"] = _numbers(values[predictions.valid])
    for name in settings.metrics:
        measure = build_measure(name, table, predictions, settings)
        if isinstance(measure, str):
            metrics[name] = {"not_applicable": measure}
            continue
        other = None if baseline is None else build_measure(name, table, baseline, settings)
        metrics[name] = _figures(measure, None if isinstance(other, str) else other, columns, rows, settings, seed)
        people["oks" if name == "oks_ap" else name] = _numbers(measure.per_person()[predictions.valid])
    applicable = tuple(n for n in settings.metrics if "values" in metrics[n])
    return {
        "schema": SCHEMA,
        "variant": variant,
        "skeleton": table.skeleton.name,
        "keypoints": list(table.skeleton.keypoints),
        "people": len(table),
        "evaluated": int(predictions.valid.sum()),
        "by": settings.by,
        "threshold": _number(float(scores.threshold)),
        "policy": scores.policy,
        "columns": [c.to_json(int((r & predictions.valid).sum())) for c, r in zip(columns, rows, strict=True)],
        "headline": headline(table, settings.headline, applicable),
        "metrics": metrics,
        "bootstrap": {"samples": settings.bootstrap, "confidence": settings.confidence},
        "networks": {n: int((predictions.network[predictions.valid] == i).sum()) for i, n in enumerate(predictions.networks)},
        "per_person": people,
    }


def _figures(
    measure: Measure,
    baseline: Measure | None,
    columns: list[Column],
    rows: list[np.ndarray],
    settings: EvaluateSettings,
    seed: int,
) -> dict[str, Any]:
    statistics = [measure.statistic(r) for r in rows]
    pairs = [_pair(measure, baseline, s, r) for s, r in zip(statistics, rows, strict=True)]
    bounds = [
        interval(ours, seed, column.name, settings.bootstrap, settings.confidence, theirs)
        for (ours, theirs), column in zip(pairs, columns, strict=True)
    ]
    details = [measure.details(r) for r in rows]
    gains = [float("nan") if theirs is None else point(ours) - point(theirs) for ours, theirs in pairs]
    difference = {
        "values": _numbers(gains),
        "low": _numbers(b.difference_low for b in bounds),
        "high": _numbers(b.difference_high for b in bounds),
    }
    result: dict[str, Any] = {
        "title": measure.title,
        "values": _numbers(point(s) for s in statistics),
        "low": _numbers(b.low for b in bounds),
        "high": _numbers(b.high for b in bounds),
        "people": [s.people for s in statistics],
        "details": {name: _numbers(d[name] for d in details) for name in details[0]},
        "difference": None if baseline is None else difference,
    }
    joints = [measure.per_joint(r) for r in rows]
    if joints[0] is not None:
        result["per_joint"] = [_numbers(j or []) for j in joints]
    return result


def _pair(
    measure: Measure, baseline: Measure | None, statistic: Statistic, rows: np.ndarray
) -> tuple[Statistic, Statistic | None]:
    """Both statistics on the people that count in both; an image that one evaluation lost is left out of the comparison."""
    if baseline is None:
        return statistic, None
    common = rows & measure.counts & baseline.counts
    same = np.array_equal(common, rows & measure.counts)
    return (statistic if same else measure.statistic(common)), baseline.statistic(common)


def _number(value: float) -> float | None:
    return round(float(value), 6) if math.isfinite(value) else None


def _numbers(values: Iterable[float]) -> list[float | None]:
    return [_number(float(v)) for v in values]
