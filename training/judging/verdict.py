"""How good a model is on usual and on rare people, by reason, cluster and joint; a second model beside it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int64

from smpl_assets.pose_table import PoseTable
from training.evaluate_settings import EvaluateSettings
from training.metrics.columns import build_columns, rarity_values, reason_groups
from training.metrics.figures import Groups, figures, further_figures, number, numbers
from training.metrics.match import Matched
from training.metrics.measures import Measure, PckMeasure, build_measure, headline
from training.metrics.person_errors import Errors, errors_of
from training.rarity.scores import RareScores

SCHEMA = 1


@dataclass(frozen=True)
class Model:
    """One model's results on the annotated people. name: as the page calls it."""

    name: str
    matched: Matched


def judge(table: PoseTable, scores: RareScores, models: Sequence[Model], settings: EvaluateSettings, seed: int) -> dict[str, Any]:
    """Every metric by rarity, reason, cluster and joint, for each model; the second one's difference to the first is paired.

    Percentages with intervals, None where nothing counts; layout in docs/judge.md.
    """
    columns = build_columns(scores, settings)
    values = rarity_values(scores, settings.by)
    groups: dict[str, Groups] = {
        "rarity": [(c.name, c.rows(values)) for c in columns],
        "reason": reason_groups(scores),
        "cluster": [(f"cluster {k}", scores.cluster == k) for k in np.unique(scores.cluster[scores.included]).tolist()],
    }
    judged = [_model(table, model, models[0], groups, scores, settings, seed) for model in models]
    applicable = tuple(n for n in settings.metrics if "by_rarity" in judged[0]["metrics"][n])
    return {
        "schema": SCHEMA,
        "people": len(table),
        "rare": int(scores.rare.sum()),
        "threshold": number(float(scores.threshold)),
        "skeleton": table.skeleton.name,
        "keypoints": list(table.skeleton.keypoints),
        "headline": headline(table, settings.headline, applicable),
        "columns": [c.to_json(int(rows.sum())) for c, (_, rows) in zip(columns, groups["rarity"], strict=True)],
        "reasons": [{"name": name, "people": int(rows.sum())} for name, rows in groups["reason"]],
        "clusters": [{"name": name, "people": int(rows.sum())} for name, rows in groups["cluster"]],
        "bootstrap": {"samples": settings.bootstrap, "confidence": settings.confidence},
        "models": judged,
    }


def _model(
    table: PoseTable,
    model: Model,
    first: Model,
    groups: dict[str, Groups],
    scores: RareScores,
    settings: EvaluateSettings,
    seed: int,
) -> dict[str, Any]:
    metrics: dict[str, Any] = {}
    for name in settings.metrics:
        measure = build_measure(name, table, [model.matched], settings)
        if isinstance(measure, str):
            metrics[name] = {"not_applicable": measure}
            continue
        other = build_measure(name, table, [first.matched], settings) if model is not first else None
        against = None if isinstance(other, str) else other
        found = {f"by_{kind}": figures(measure, against, group, settings, seed) for kind, group in groups.items()}
        metrics[name] = {"title": measure.title, **found, "details": further_figures(measure, groups["rarity"])["details"]}
        if isinstance(measure, PckMeasure):
            metrics[name]["by_joint"] = _by_joint(measure, against, scores, settings, seed)
    found_by, errors = model.matched, errors_of(table, model.matched, settings)
    return {
        "name": model.name,
        "results": len(found_by.poses),
        "found": int((found_by.found >= 0).sum()),
        "nobodys": len(found_by.extra),
        "failed": int(errors.failed.sum()),
        "failed_rare": int((errors.failed & scores.rare).sum()),
        "metrics": metrics,
    }


def _by_joint(
    measure: PckMeasure, other: Measure | None, scores: RareScores, settings: EvaluateSettings, seed: int
) -> dict[str, Any]:
    """Figures of all and of the rare people for each keypoint."""
    everybody: Groups = [("All", np.ones(len(scores), bool)), ("rare", scores.rare)]
    found = {}
    for joint in range(measure.correct.shape[1]):
        same = _one_joint(other, joint) if isinstance(other, PckMeasure) else None
        found[joint] = figures(_one_joint(measure, joint), same, everybody, settings, seed)
    return {"groups": ["All", "rare"], "joints": list(found.values())}


def _one_joint(measure: PckMeasure, joint: int) -> PckMeasure:
    return PckMeasure(measure.title, measure.correct[:, [joint]], measure.counted[:, [joint]], {})


def worst_first(scores: RareScores, errors: Errors) -> Int64[np.ndarray, " people"]:
    """Rows of the people with rarity and error by falling rarity x error."""
    worth = np.where(scores.included, scores.score, np.nan) * errors.error
    rows = np.flatnonzero(np.isfinite(worth))
    return rows[np.argsort(-worth[rows], kind="stable")]


def rarest_failures(scores: RareScores, errors: Errors) -> Int64[np.ndarray, " people"]:
    """Rows of the people whose pose was not found, the rarest first; labelling mistakes are none."""
    rows = scores.rarest_first()
    return rows[(errors.failed & ~scores.mistaken)[rows]]


def write_failures(path: Path, table: PoseTable, scores: RareScores, models: Sequence[tuple[str, Errors]]) -> None:
    """One line per person, the largest rarity x error (of the first model) first."""
    about = ("id", "image", "rarity", "rare", "reason", "cluster", "rarity_x_error")
    own = [f"{column}{'' if k == 0 else k + 1}" for k in range(len(models)) for column in ("quality", "torso_error", "failed")]
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow((*about, *own))
        for row in worst_first(scores, models[0][1]).tolist():
            error = models[0][1].error[row]
            line: list[object] = [table.source_id[row], table.file_name(row), _text(scores.score[row]), int(scores.rare[row])]
            line += [str(scores.reason[row]), int(scores.cluster[row]), _text(scores.score[row] * error)]
            for _, errors in models:
                line += [_text(errors.quality[row]), _text(errors.torso[row]), int(errors.failed[row])]
            writer.writerow(line)


def _text(value: float) -> str:
    return f"{value:.6f}" if np.isfinite(value) else ""


def curve(scores: RareScores, errors: Errors, bins: int = 10) -> dict[str, list[float | None]]:
    """Mean quality over equal shares of the people from the usual to the rare, with its 95 % interval; no labelling mistakes."""
    rows = scores.rarest_first()[::-1]
    rows = rows[np.isfinite(errors.quality[rows]) & ~scores.mistaken[rows]]
    parts = [errors.quality[part] for part in np.array_split(rows, min(bins, max(len(rows) // 5, 1)))]
    spread = [1.96 * part.std() / np.sqrt(max(len(part), 1)) for part in parts]
    return {"mean": numbers(100 * p.mean() for p in parts if len(p)), "spread": numbers(100 * s for s in spread)}
