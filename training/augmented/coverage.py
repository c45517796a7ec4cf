"""How far synthetic samples reach the rare people they were made for."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Int64

from training.rarity.scores import RareScores


def coverage(scores: RareScores, sources: Int64[np.ndarray, " samples"]) -> dict[str, Any]:
    """Rare people with at least one sample, over all and per cluster.

    Args:
        scores: of the training people.
        sources: the source person of each sample.

    Returns:
        `{"rare", "covered", "clusters": [{"cluster", "people", "rare", "covered", "samples"}]}`, all numbers; people that rarity
        left out belong to no cluster.
    """
    reached = np.isin(np.arange(len(scores.rare)), sources) & scores.rare
    clusters = []
    for cluster in np.unique(scores.cluster[scores.included]):
        inside = scores.included & (scores.cluster == cluster)
        counts = {"people": inside, "rare": inside & scores.rare, "covered": inside & reached, "samples": inside[sources]}
        clusters.append({"cluster": int(cluster), **{name: int(rows.sum()) for name, rows in counts.items()}})
    return {"rare": int(scores.rare.sum()), "covered": int(reached.sum()), "clusters": clusters}
