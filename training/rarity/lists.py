"""Both lists side by side: what the thesis's rule calls rare and what the default score does, at the same share."""

from __future__ import annotations

from typing import Any

import numpy as np

from training.datasets.pose_table import PoseTable
from training.rarity.model import RarityModel, fit_rarity
from training.rarity.scores import RareScores

LISTED = 60


def both_lists(table: PoseTable, scores: RareScores, model: RarityModel, seed: int) -> dict[str, Any]:
    """Rows of the rarest people under each policy (at most 60), as many as are rare, with how far the lists agree."""
    included = np.flatnonzero(scores.included)
    wanted = int(scores.rare.sum())
    other = {"thesis": "neighbours", "neighbours": "thesis"}[scores.policy]
    settings = model.settings.model_copy(update={"policy": other, "missing": "auto", "seeds": 1})
    _, judged = fit_rarity(table, settings, seed)
    lists = {scores.policy: _top(scores.score, included, wanted), other: _top(judged.score, included, wanted)}
    both = len(np.intersect1d(lists["thesis"], lists["neighbours"]))
    return {
        **{name: rows[:LISTED].tolist() for name, rows in lists.items()},
        "in_both": both,
        "rare": wanted,
        "incomplete": {name: int((~table.annotated[rows].all(1)).sum()) for name, rows in lists.items()},
    }


def _top(score: np.ndarray, included: np.ndarray, wanted: int) -> np.ndarray:
    return included[np.argsort(-np.nan_to_num(score[included]), kind="stable")[:wanted]]
