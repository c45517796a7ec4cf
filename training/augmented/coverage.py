"""How far the synthetic samples reach the rare people they were made for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from training.rarity.scores import RareScores


def coverage(scores: RareScores, sources: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """Rare people with at least one sample, over all and per cluster.

    Args:
        scores: of the training people.
        sources: kind -> the source person of each of its samples.

    Returns:
        `{"rare", "covered": {kind: n}, "clusters": [{"cluster", "people", "rare", "covered": {kind: n}, "samples": {kind: n}}]}`;
        people that rarity left out belong to no cluster.
    """
    reached = {kind: np.isin(np.arange(len(scores.rare)), list(rows)) & scores.rare for kind, rows in sources.items()}
    clusters = []
    for cluster in np.unique(scores.cluster[scores.included]):
        inside = scores.included & (scores.cluster == cluster)
        clusters.append(
            {
                "cluster": int(cluster),
                "people": int(inside.sum()),
                "rare": int((inside & scores.rare).sum()),
                "covered": {kind: int((inside & hit).sum()) for kind, hit in reached.items()},
                "samples": {kind: int(inside[list(rows)].sum()) if rows else 0 for kind, rows in sources.items()},
            }
        )
    return {"rare": int(scores.rare.sum()), "covered": {k: int(h.sum()) for k, h in reached.items()}, "clusters": clusters}
