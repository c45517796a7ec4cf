"""metrics.json: every metric in columns by rarity, with intervals and the difference to the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from smpl_assets.pose_table import PoseTable
from training.evaluate_settings import EvaluateSettings
from training.metrics.columns import build_columns, rarity_values, reason_groups
from training.metrics.figures import Groups, figures, further_figures, number, numbers
from training.metrics.match import Matched
from training.metrics.measures import build_measure, headline
from training.metrics.pck import torso_errors
from training.rarity.scores import RareScores
from training.recipes import DACP, Row, row_of

SCHEMA = 3


@dataclass(frozen=True)
class Validation:
    """The people that rows are measured on. image_root: the folder of their images; scores: their rarity."""

    table: PoseTable
    image_root: Path
    scores: RareScores

    def columns(self, settings: EvaluateSettings) -> Groups:
        """Who is in each column of the table."""
        values = rarity_values(self.scores, settings.by)
        return [(column.name, column.rows(values)) for column in build_columns(self.scores, settings)]


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
    columns, reasons = people.columns(settings), reason_groups(scores)
    metrics: dict[str, Any] = {}
    own: dict[str, Any] = {"person": np.flatnonzero(first.valid).tolist()}
    own["score"] = numbers(np.mean([m.score for m in found], axis=0)[first.valid])
    own["rarity"] = numbers(rarity_values(scores, settings.by)[first.valid])
    own["error"] = numbers(np.mean([torso_errors(m.keypoints, table) for m in found], axis=0)[first.valid])
    for name in settings.metrics:
        measure = build_measure(name, table, found, settings)
        if isinstance(measure, str):
            metrics[name] = {"not_applicable": measure}
            continue
        same = None if baseline is None else build_measure(name, table, baseline, settings)
        other = None if isinstance(same, str) else same
        metrics[name] = {"title": measure.title, **figures(measure, other, columns, settings, seed)}
        metrics[name] |= further_figures(measure, columns)
        metrics[name]["by_reason"] = figures(measure, other, reasons, settings, seed)
        own["oks" if name == "oks_ap" else name] = numbers(measure.per_person()[first.valid])
    applicable = tuple(n for n in settings.metrics if "values" in metrics[n])
    bounds = build_columns(scores, settings)
    return {
        "schema": SCHEMA,
        "variant": row.name,
        "network": row.network,
        "recipe": row.recipe,
        "title": _title(row, first.poses.networks),
        "against": None if baseline is None else baseline[0].poses.networks[0],
        "seeds": len(found),
        "skeleton": table.skeleton.name,
        "keypoints": list(table.skeleton.keypoints),
        "people": len(table),
        "evaluated": int(first.valid.sum()),
        "by": settings.by,
        "threshold": number(float(scores.threshold)),
        "policy": scores.policy,
        "columns": [c.to_json(int((r & first.valid).sum())) for c, (_, r) in zip(bounds, columns, strict=True)],
        "reasons": [{"name": name, "people": int((rows & first.valid).sum())} for name, rows in reasons],
        "headline": headline(table, settings.headline, applicable),
        "metrics": metrics,
        "bootstrap": {"samples": settings.bootstrap, "confidence": settings.confidence},
        "networks": {n: int((first.network[first.valid] == i).sum()) for i, n in enumerate(first.poses.networks)},
        "per_person": own,
    }


def versus(
    found: Sequence[Matched], other: Sequence[Matched], people: Validation, metric: str, settings: EvaluateSettings, seed: int
) -> dict[str, Any] | None:
    """A metric's figures in the table's columns, with the difference to any other row of as many trainings.

    None where the metric does not apply.
    """
    ours, theirs = (build_measure(metric, people.table, matched, settings) for matched in (found, other))
    if isinstance(ours, str) or isinstance(theirs, str):
        return None
    return figures(ours, theirs, people.columns(settings), settings, seed)


def _title(row: Row, networks: Sequence[str]) -> str:
    """The row's; DACP over several networks names the two rows that it asks."""
    asked = [row_of(name) for name in networks]
    if row.recipe != DACP or len({r.network for r in asked}) == 1:
        return row.title
    return f"{row.title} ({', '.join(r.title for r in asked)})"
