"""The `fill` stage: poses of the pool for the gap that the data set's rare people leave."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float

from smpl_assets.archive import write_json
from smpl_assets.body.protocol import load_body
from smpl_assets.body.settings import BodySettings
from smpl_assets.errors import InputError, StageError
from smpl_assets.inverse.settings import GateSettings
from smpl_assets.pose_table import PoseTable
from smpl_assets.poses.pool import PosePool
from smpl_assets.poses.settings import PoolSettings
from smpl_assets.work import Bench
from training.fill.choose import Chosen, choose_evenly
from training.fill.draw import Drawn, draw_people
from training.rarity.frame import tells_hidden
from training.rarity.model import Judged, fit_rarity, training_references
from training.rarity.scores import RareScores
from training.rarity.settings import RareSettings

FITS, POSES, SCORES = "fits.npz", "poses.npz", "scores.npz"
DRAWS, MOST_DRAWS = 50, 60_000  # for each pose that is wanted, and at most


def fill_tail(
    train: PoseTable, scores: RareScores, count: int, pool: PoolSettings, settings: RareSettings, gate: GateSettings,
    body: BodySettings, bench: Bench,
) -> None:  # fmt: skip
    """Choose `count` poses of the pool that the rarity model of the training people calls rare, evenly over the tail.

    Writes `fits.npz` (Fits; `person` goes on where the training people end), `poses.npz` (the same as annotated people, whose
    `source_id` says what of the pool they are), `scores.npz` (RareScores: of these poses, not of people) and `summary.json`.

    Args:
        train: the training people.
        scores: rare_poses of the same people.
        count: poses that are wanted; fewer are chosen where the pool has fewer rare ones.
        pool: poses and views.
        settings: the rule of rarity.
        gate: what a fit must keep to be believed; its bounds on joint limits and self-penetration hold here too.
        body: the body model.
        bench: its seed is the run's.

    Raises:
        InputError: no pose is wanted.
        StageError: not one pose is rare.
    """
    if count < 1:
        raise InputError("render.fill = 0: no pose is wanted to fill the gap with", "--set render.fill=200")
    model, _ = fit_rarity(train, settings, bench.seed)
    hides, draws = tells_hidden(train), min(DRAWS * count, MOST_DRAWS)
    drawn = draw_people(draws, PosePool(pool), gate, load_body(body), train.skeleton, hides, bench.seed, bench.progress)
    people = model.sized(drawn.people)
    judged = model.judge(people)
    rare = np.flatnonzero(judged.rare(scores.threshold, settings))
    if not len(rare):
        raise StageError(
            f"fill: of {draws} poses of the pool none is rare in this data set (threshold {scores.threshold:.3g})",
            "add motion files (inverse.pool.files), lower rare_poses.threshold, or take fill out of train.variants",
        )
    references = model.references or training_references(train, model, bench.seed)
    there = train.select(np.flatnonzero(scores.rare))
    chosen = choose_evenly(people.select(rare), count, there, model, references.joint_weights)
    rows = rare[chosen.rows]
    replace(drawn.fits.select(rows), person=len(train) + np.arange(len(rows))).save(bench.out / FITS)
    people.select(rows).save(bench.out / POSES)
    _scores(judged, rows, scores).save(bench.out / SCORES)
    write_json(bench.out / "summary.json", _summary(count, draws, drawn, rare, chosen, judged, scores))


def _scores(judged: Judged, rows: np.ndarray, scores: RareScores) -> RareScores:
    sure = np.ones(len(rows), bool)
    values = (judged.cluster[rows], judged.distance[rows], judged.score[rows])
    return RareScores(sure, *values, sure, np.full(len(rows), ""), scores.threshold, scores.policy)


def _summary(
    asked: int, draws: int, drawn: Drawn, rare: np.ndarray, chosen: Chosen, judged: Judged, scores: RareScores
) -> dict[str, Any]:
    rows = rare[chosen.rows]
    labels = [drawn.people.source_id[row] for row in rows]
    clusters = range(int(scores.cluster.max()) + 1)
    return {
        "asked": asked,
        "drawn": draws,
        "refused": drawn.refused,
        "rare": len(rare),
        "chosen": len(rows),
        "threshold": float(scores.threshold),
        "score": {"least": float(judged.score[rows].min()), "most": float(judged.score[rows].max())},
        "sources": dict(Counter(label.partition("/")[0] for label in labels).most_common()),
        "labels": dict(sorted(Counter(labels).items(), key=lambda item: (-item[1], item[0]))[:20]),
        "clusters": [
            {
                "cluster": k,
                "rare": int((scores.cluster[scores.rare] == k).sum()),
                "chosen": int((judged.cluster[rows] == k).sum()),
            }
            for k in clusters
        ],
        "coverage": {"before": _spread(chosen.before), "after": _spread(chosen.after)},
    }


def _spread(distance: Float[np.ndarray, " poses"]) -> dict[str, float]:
    """How far the rare poses that were drawn are from the nearest pose that is there, person sizes."""
    median, most = np.quantile(distance, [0.5, 0.95])
    return {"median": float(median), "p95": float(most), "farthest": float(distance.max())}
