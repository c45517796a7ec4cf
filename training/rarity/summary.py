"""`summary.json`: the figures of the stage, and what its pictures are drawn from."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, Int64
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from smpl_assets.pose_table import PoseTable
from smpl_assets.seeds import derive_seed, numpy_generator
from training.rarity.chunks import one_blas_thread
from training.rarity.cluster import assign
from training.rarity.frame import frame_poses
from training.rarity.model import RarityModel, fit_rarity
from training.rarity.normalise import complete, completion_source, included_people
from training.rarity.reasons import CAUSES, REASONS
from training.rarity.scores import MISTAKE, RareScores
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
        "mistakes": int((scores.reason == MISTAKE).sum()),
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


_RARE_SHARE = 0.25  # of the places on the map, at most, go to rare poses
_LEAST = 10


def pose_map(table: PoseTable, scores: RareScores, model: RarityModel, people: int, seed: int) -> dict[str, Any]:
    """t-SNE of at most `people` training poses (own frame, unknown joints filled in): rows, x, y; empty if there are too few."""
    rows = _chosen(scores, people, seed)
    if len(rows) < _LEAST:
        return {"rows": [], "x": [], "y": []}
    framed = frame_poses(table, rows, model.sizes)
    places = framed.joints[..., :2].astype(np.float32)
    filled = complete(places, framed.known, completion_source(places, framed.known, table.skeleton))
    flat = filled.reshape(len(filled), -1)
    with one_blas_thread():
        start = PCA(2, svd_solver="full").fit_transform(flat)
        start = (start / max(float(start[:, 0].std()), 1e-9) * 1e-4).astype(np.float32)
        perplexity = min(30.0, (len(flat) - 1) / 3)
        tsne = TSNE(2, perplexity=perplexity, init=start, random_state=derive_seed(seed, "map") % 2**32, max_iter=500)
        points = tsne.fit_transform(flat)
    return {"rows": rows.tolist(), "x": np.round(points[:, 0], 3).tolist(), "y": np.round(points[:, 1], 3).tolist()}


def _chosen(scores: RareScores, people: int, seed: int) -> Int64[np.ndarray, " chosen"]:
    """Rare people (at most a quarter of the places) and a random part of the others, in table order."""
    generator = numpy_generator(seed, "map people")
    rare, usual = np.flatnonzero(scores.rare), np.flatnonzero(scores.included & ~scores.rare)
    rare = rare if len(rare) <= _RARE_SHARE * people else generator.choice(rare, int(_RARE_SHARE * people), replace=False)
    room = max(people - len(rare), 0)
    usual = usual if len(usual) <= room else generator.choice(usual, room, replace=False)
    return np.sort(np.concatenate([rare, usual]))
