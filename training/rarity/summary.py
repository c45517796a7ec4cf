"""`summary.json`: the figures of the stage, and what its pictures are drawn from."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from smpl_assets.pose_table import PoseTable
from training.rarity.cluster import assign
from training.rarity.model import RarityModel
from training.rarity.normalise import included_people
from training.rarity.reasons import CAUSES, REASONS
from training.rarity.scores import RareScores
from training.rarity.suggest import BINS, shares_at, tau_grid

Values = Float[np.ndarray, " people"]
_THESIS_TAUS = {"mpii": [0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2], "coco": [1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2.0]}


def summarise_split(table: PoseTable, scores: RareScores, gains: Float[np.ndarray, "rare causes"] | None) -> dict[str, Any]:
    """People, counts at each tau, histograms, joints annotated, cluster sizes, reasons of one split."""
    inside = scores.included
    score, distance = scores.score[inside], scores.distance[inside]
    joints = table.annotated[inside].sum(1)
    clusters = scores.cluster[inside]
    size = int(clusters.max()) + 1 if len(clusters) else 0
    return {
        "people": len(table),
        "included": int(inside.sum()),
        "excluded": int((~inside).sum()),
        "rare": int(scores.rare.sum()),
        "share": float(scores.rare.sum() / max(inside.sum(), 1)),
        "rare_incomplete": int((~table.annotated[scores.rare].all(1)).sum()),
        "incomplete": int((~table.annotated[inside].all(1)).sum()),
        "counts_at": counts_at(score),
        "score_histogram": histogram(score),
        "distance_histogram": histogram(distance),
        "annotated_joints": np.bincount(joints, minlength=table.annotated.shape[1] + 1).tolist(),
        "visible_joints": np.bincount(table.visible[inside].sum(1), minlength=table.annotated.shape[1] + 1).tolist(),
        "cluster_sizes": np.bincount(clusters, minlength=size).tolist(),
        "cluster_rare": np.bincount(scores.cluster[scores.rare], minlength=size).tolist(),
        "reasons": {reason: int((scores.reason[scores.rare] == reason).sum()) for reason in REASONS},
        "mistakes": int((scores.reason == "annotation").sum()),
        "mean_gain": {} if gains is None or not len(gains) else dict(zip(CAUSES, gains.mean(0).tolist(), strict=True)),
    }


def counts_at(score: Values) -> dict[str, int]:
    """People at or above each of about a dozen thresholds."""
    if not len(score):
        return {}
    return {tau: round(share * len(score)) for tau, share in shares_at(score, tau_grid(score)).items()}


def histogram(values: Values) -> dict[str, list[Any]]:
    """Counts and edges, fewer bins for few people."""
    if not len(values):
        return {"counts": [], "edges": []}
    counts, edges = np.histogram(values, int(np.clip(2 * np.sqrt(len(values)), 8, BINS)))
    return {"counts": counts.tolist(), "edges": edges.tolist()}


def seed_counts(model: RarityModel, table: PoseTable) -> dict[str, Any]:
    """People whose distance (eq 4.1) reaches each tau, mean and spread over the clusterings of all seeds (T table 4.1)."""
    rows = np.flatnonzero(included_people(table, model.settings.include_empty))
    if not len(rows):
        return {"taus": [], "mean": [], "spread": []}
    coordinates, known = model.prepare(table, rows)
    taus = _THESIS_TAUS.get(model.normalisation)
    counts = []
    for clustering in model.clusterings:
        distance = assign(coordinates, known, clustering.centres)[1]
        taus = taus or tau_grid(distance)
        counts.append([int((distance >= tau).sum()) for tau in taus])
    if not counts:
        return {"taus": [], "mean": [], "spread": []}
    matrix = np.array(counts)
    return {"taus": taus, "mean": matrix.mean(0).tolist(), "spread": matrix.std(0).tolist(), "seeds": len(counts)}
