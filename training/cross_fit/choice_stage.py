"""The `choice` stage: whom samples are made for, by the errors of networks that were not trained on them."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from smpl_assets.archive import write_json
from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from smpl_assets.work import Bench
from training.cross_fit.choose import Choice, choose
from training.cross_fit.errors import ERRORS, LIST, PREDICTIONS, SCORES, SUMMARY, PersonErrors
from training.cross_fit.measure import person_errors
from training.cross_fit.settings import ByError, ChoiceSettings
from training.poses import Poses
from training.rarity.reasons import REASONS
from training.rarity.scores import RareScores

VERSION = 1
BY_ERROR = "error"  # the reason of people whom rarity alone would not choose
COLUMNS = ("id", "image", "chosen", "score", "rarity", "error", "rare", "reason", "fold", "person")


def choose_people(table: PoseTable, scores: RareScores, folds: Sequence[Path], settings: ChoiceSettings, bench: Bench) -> None:
    """Choose as many people as are rare, by their errors or by both orders, and write the artifact.

    Writes `train.npz` (RareScores: `rare` are the chosen, `score` and `threshold` are the choice's), `errors.npz`
    (PersonErrors), `summary.json` and `choice.csv`.

    Args:
        table: annotations/train.
        scores: rare_poses of the same people.
        folds: folders of the units of `cross_fit`.
        settings: the `rare_poses` section.
        bench: where to.

    Raises:
        InputError: `by` is "rarity", which needs no errors.
        StageError: as `person_errors`.
    """
    if settings.by == "rarity":
        raise InputError('rare_poses.by = "rarity" asks for no errors', 'set it to "error" or "both"')
    errors = person_errors(table, scores.included, [Poses.load(folder / PREDICTIONS) for folder in folds], settings)
    choice = _choice(settings.by, scores, errors)
    chosen_scores(scores, choice, settings.by).save(bench.out / SCORES)
    errors.save(bench.out / ERRORS)
    write_json(bench.out / SUMMARY, summarise(settings.by, scores, errors, choice))
    write_list(bench.out / LIST, table, scores, errors, choice)


def _choice(by: ByError, scores: RareScores, errors: PersonErrors) -> Choice:
    return choose(by, scores.score, errors.error, errors.eligible, int(scores.rare.sum()))


def chosen_scores(scores: RareScores, choice: Choice, by: ByError) -> RareScores:
    """What the stages behind read in the place of rarity: the chosen as the rare ones, and the score that chose them."""
    reason = np.where(scores.reason == "", np.where(choice.people, BY_ERROR, ""), scores.reason)
    return replace(scores, score=choice.score, rare=choice.people, reason=reason, threshold=choice.threshold, policy=by)


def summarise(by: ByError, scores: RareScores, errors: PersonErrors, choice: Choice) -> dict[str, Any]:
    """Whom the choice took and left, and what each rule would have taken; errors are means over people.

    `rules`: per rule people, how many of them are rare, and rarity and error of them, over the eligible people.
    """
    kinds: tuple[ByError, ...] = ("error", "both")
    rules = {"rarity": scores.rare} | {
        kind: choice.people if kind == by else _choice(kind, scores, errors).people for kind in kinds
    }
    eligible, rare = errors.eligible, scores.rare
    columns = scores.score[eligible], errors.error[eligible]
    agreement = spearmanr(*columns).statistic if all(len(np.unique(c)) > 1 for c in columns) else np.nan
    return {
        "by": by,
        "metric": errors.metric,
        "folds": len(np.unique(errors.fold[errors.fold >= 0])),
        "people": len(scores),
        "eligible": int(eligible.sum()),
        "left_out": dict(Counter(errors.left_out[~eligible].tolist()).most_common()),
        "chosen": int(choice.people.sum()),
        "threshold": choice.threshold,
        "rarity_alone": int((rare & ~choice.people).sum()),
        "in_both": int((rare & choice.people).sum()),
        "choice_alone": int((choice.people & ~rare).sum()),
        "rank_correlation": _number(agreement),
        "all": _means(eligible, scores, errors),
        "rules": {name: _means(people, scores, errors) | {"rare": int((people & rare).sum())} for name, people in rules.items()},
        "reasons": {why: int((scores.reason[choice.people & rare] == why).sum()) for why in REASONS},
    }


def _means(people: np.ndarray, scores: RareScores, errors: PersonErrors) -> dict[str, Any]:
    known = people & errors.eligible
    means = {
        n: _number(v[known].mean() if known.any() else np.nan) for n, v in (("rarity", scores.score), ("error", errors.error))
    }
    return {"people": int(people.sum()), **means}


def _number(value: float) -> float | None:
    return round(float(value), 6) if np.isfinite(value) else None


def write_list(path: Path, table: PoseTable, scores: RareScores, errors: PersonErrors, choice: Choice) -> None:
    """One line per person who may be chosen, the largest score first."""
    rows = np.flatnonzero(errors.eligible)
    rows = rows[np.lexsort((-scores.score[rows], -choice.score[rows]))]
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows.tolist():
            figures = [f"{v[row]:.6f}" for v in (choice.score, scores.score, errors.error)]
            own = [int(scores.rare[row]), str(scores.reason[row]), int(errors.fold[row]), row]
            writer.writerow([table.source_id[row], table.file_name(row), int(choice.people[row]), *figures, *own])
