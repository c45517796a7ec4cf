"""metrics.json: every metric in columns by rarity, with intervals and the difference to the baseline."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from smpl_assets.pose_table import PoseTable
from training.evaluate_settings import EvaluateSettings
from training.metrics.bootstrap import Statistic, interval, point
from training.metrics.match import Matched
from training.metrics.measures import Measure, SeedMeasure, build_measure, headline
from training.rarity.scores import RareScores
from training.recipes import Row


@dataclass(frozen=True)
class Column:
    """People whose rarity lies in [lower, upper); an open side is infinite. `All` has both open and takes everybody."""

    name: str
    lower: float = -math.inf
    upper: float = math.inf

    def rows(self, values: Float[np.ndarray, " people"]) -> Bool[np.ndarray, " people"]:
        """Which people belong to it; NaN (left out by rarity) belongs to `All` only."""
        if (self.lower, self.upper) == (-math.inf, math.inf):
            return np.ones(len(values), bool)
        return (values >= self.lower) & (values < self.upper)

    def to_json(self, people: int) -> dict[str, Any]:
        """The column's entry in metrics.json."""
        bounds = (None if math.isinf(v) else float(v) for v in (self.lower, self.upper))
        return {"name": self.name, "lower": next(bounds), "upper": next(bounds), "people": people}


def rarity_values(scores: RareScores, by: str) -> Float[np.ndarray, " people"]:
    """What sorts people into columns; NaN where rarity left the person out."""
    values = scores.score if by == "score" else scores.distance
    return np.where(scores.included, values, np.nan)


def build_columns(scores: RareScores, settings: EvaluateSettings) -> list[Column]:
    """All, < tau0, >= tau0, >= tau1, ...; without taus: All, < threshold, >= threshold and the rarest shares.

    The threshold belongs to the score; for columns by distance without taus it is replaced by the distance that as many people
    reach as are rare.
    """
    values = rarity_values(scores, settings.by)
    if settings.taus:
        return [
            Column("All"),
            Column(f"< {settings.taus[0]:g}", upper=settings.taus[0]),
            *(Column(f">= {t:g}", lower=t) for t in settings.taus),
        ]
    tau = float(scores.threshold) if settings.by == "score" else _reached_by(values, int(scores.rare.sum()))
    columns = [Column("All"), Column(f"usual (< {tau:.3g})", upper=tau), Column(f"rare (>= {tau:.3g})", lower=tau)]
    known = int(np.isfinite(values).sum())
    for share in settings.shares:
        lower = _reached_by(values, max(1, round(share * known)))
        columns.append(Column(f"rarest {100 * share:g} % (>= {lower:.3g})", lower=lower))
    return columns


def _reached_by(values: Float[np.ndarray, " people"], people: int) -> float:
    """The largest bound that at least so many people reach; infinity for nobody."""
    known = np.sort(values[np.isfinite(values)])[::-1]
    return float(known[min(people, len(known)) - 1]) if people > 0 and len(known) else math.inf


SCHEMA = 2


@dataclass(frozen=True)
class Validation:
    """The people that rows are measured on. image_root: the folder of their images; scores: their rarity."""

    table: PoseTable
    image_root: Path
    scores: RareScores


def evaluate_poses(
    row: Row,
    found: Sequence[Matched],
    baseline: Sequence[Matched] | None,
    people: Validation,
    settings: EvaluateSettings,
    seed: int,
) -> dict[str, Any]:
    """The content of metrics.json (docs/evaluation.md gives its layout). Percentages; None where nothing counts.

    found, baseline: of each training of the row and of the row it is compared with, in the order of their seeds.
    """
    table, scores, first = people.table, people.scores, found[0]
    columns = build_columns(scores, settings)
    values = rarity_values(scores, settings.by)
    rows = [column.rows(values) for column in columns]
    metrics: dict[str, Any] = {}
    own: dict[str, Any] = {"person": np.flatnonzero(first.valid).tolist()}
    own["score"] = _numbers(np.mean([m.score for m in found], axis=0)[first.valid])
    own["rarity"] = _numbers(values[first.valid])
    for name in settings.metrics:
        measure = build_measure(name, table, found, settings)
        if isinstance(measure, str):
            metrics[name] = {"not_applicable": measure}
            continue
        other = None if baseline is None else build_measure(name, table, baseline, settings)
        metrics[name] = _figures(measure, None if isinstance(other, str) else other, columns, rows, settings, seed)
        own["oks" if name == "oks_ap" else name] = _numbers(measure.per_person()[first.valid])
    applicable = tuple(n for n in settings.metrics if "values" in metrics[n])
    return {
        "schema": SCHEMA,
        "variant": row.name,
        "network": row.network,
        "recipe": row.recipe,
        "title": row.title,
        "seeds": len(found),
        "skeleton": table.skeleton.name,
        "keypoints": list(table.skeleton.keypoints),
        "people": len(table),
        "evaluated": int(first.valid.sum()),
        "by": settings.by,
        "threshold": _number(float(scores.threshold)),
        "policy": scores.policy,
        "columns": [c.to_json(int((r & first.valid).sum())) for c, r in zip(columns, rows, strict=True)],
        "headline": headline(table, settings.headline, applicable),
        "metrics": metrics,
        "bootstrap": {"samples": settings.bootstrap, "confidence": settings.confidence},
        "networks": {n: int((first.network[first.valid] == i).sum()) for i, n in enumerate(first.poses.networks)},
        "per_person": own,
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
    if isinstance(measure, SeedMeasure):
        result["per_seed"] = [_numbers(point(m.statistic(r)) for r in rows) for m in measure.seeds]
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
    if np.array_equal(measure.counts, baseline.counts):
        return statistic, baseline.statistic(rows)
    common = rows & measure.counts & baseline.counts
    return measure.statistic(common), baseline.statistic(common)


def _number(value: float) -> float | None:
    return round(float(value), 6) if math.isfinite(value) else None


def _numbers(values: Iterable[float]) -> list[float | None]:
    return [_number(float(v)) for v in values]
