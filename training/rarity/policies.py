"""Both policies side by side: what the thesis's rule calls rare and what the default score does, at the same share."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, Int64

from smpl_assets.pose_table import PoseTable
from training.rarity.model import RarityModel, fit_rarity
from training.rarity.scores import RareScores

LISTED = 60


def compare_policies(table: PoseTable, scores: RareScores, model: RarityModel, seed: int) -> dict[str, Any]:
    """Rows of the rarest people under each policy (at most 60), as many as are rare, with how far the lists agree."""
    included = np.flatnonzero(scores.included)
    wanted = int(scores.rare.sum())
    other = {"thesis": "neighbours", "neighbours": "thesis"}[scores.policy]
    settings = model.settings.model_copy(update={"policy": other, "missing": "auto", "mistakes": "auto"})
    _, judged = fit_rarity(table, settings, seed)
    left_out = {"neighbours": judged.mistake, "thesis": np.zeros(len(table), bool)}
    score = {scores.policy: scores.score, other: judged.score}
    lists = {name: _top(score[name], included[~left_out[name][included]], wanted) for name in score}
    both = len(np.intersect1d(lists["thesis"], lists["neighbours"]))
    return {
        **{name: rows[:LISTED].tolist() for name, rows in lists.items()},
        "in_both": both,
        "rare": wanted,
        "incomplete": {name: int((~table.annotated[rows].all(1)).sum()) for name, rows in lists.items()},
        "mean_joints": {name: float(table.annotated[rows].sum(1).mean()) if len(rows) else 0.0 for name, rows in lists.items()},
    }


def _top(
    score: Float[np.ndarray, " people"], included: Int64[np.ndarray, " included"], wanted: int
) -> Int64[np.ndarray, " listed"]:
    return included[np.argsort(-np.nan_to_num(score[included]), kind="stable")[:wanted]]
