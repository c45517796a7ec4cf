"""The pose map: poses in two dimensions, alike ones near each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Int64
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from smpl_assets.pose_table import PoseTable
from smpl_assets.seeds import derive_seed, numpy_generator
from training.rarity.chunks import one_blas_thread
from training.rarity.complete import complete, completion_source
from training.rarity.frame import frame_poses
from training.rarity.model import RarityModel
from training.rarity.scores import RareScores

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
