"""After augmentation: what the added samples changed in each cluster and in the tail."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from smpl_assets.archive import write_json
from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from smpl_assets.work import Bench
from training.rarity.frame import tells_hidden
from training.rarity.model import Judged, choose_threshold, fit_rarity
from training.rarity.settings import RareSettings

KINDS = ("translated", "render")  # of samples made from people, the most wanted first
FILL = "fill"
_BINS = np.linspace(0.0, 2.0, 41)


def measure_coverage(
    train: PoseTable, added: Mapping[str, PoseTable], validation: PoseTable, settings: RareSettings, bench: Bench
) -> dict[str, Any]:
    """Ask the stage again with the added samples among the training poses; writes and returns `coverage.json`.

    The added poses are assigned to the clusters as they were; rarity is learnt anew from all poses, and the poses that were rare
    before are scored again in the old unit. Those of `validation` were not sampled from, so they tell whether the gap itself
    was filled. One clustering a time, without a sweep. Hidden joints count where the training flags tell them from seen ones.

    `added` holds samples by kind: the first of `translated` and `render` that has any is taken, and those that fill the gap;
    where there are none, the file says so. InputError where the skeletons differ.
    """
    there = [kind for kind in (*KINDS, FILL) if kind in added and len(added[kind])]
    kinds = [kind for kind in there if kind == FILL or kind == there[0]]
    found: dict[str, Any] = {"kinds": kinds, "added": 0}
    if kinds:
        once = settings.model_copy(update={"seeds": 1, "sweep": False} | ({} if tells_hidden(train) else {"hidden_weight": 0.0}))
        found |= _measured(train, PoseTable.concatenate([added[kind] for kind in kinds]), validation, once, bench)
    write_json(bench.out / "coverage.json", found)
    return found


def _measured(train: PoseTable, added: PoseTable, validation: PoseTable, settings: RareSettings, bench: Bench) -> dict[str, Any]:
    if added.skeleton.keypoints != train.skeleton.keypoints:
        raise InputError(
            f"coverage needs added samples in the training skeleton {train.skeleton.name}, not in {added.skeleton.name}",
            "run the augment stage again",
        )
    before, judged = fit_rarity(train, settings, bench.seed, bench.progress)
    threshold = choose_threshold(judged.choosable(settings), settings)
    added = before.sized(dataclasses.replace(added, skeleton=train.skeleton))
    both = PoseTable.concatenate([train, added])
    after, rejudged = fit_rarity(both, settings, bench.seed, bench.progress)
    new = before.judge(added, progress=bench.progress)
    unit = after.unit / before.unit
    old_validation, new_validation = before.judge(validation), after.judge(validation)
    rare = [one.rare(threshold, settings) for one in (judged, old_validation, new)]
    return {
        "policy": settings.policy,
        "threshold": threshold,
        "added": len(added),
        "clusters": _per_cluster(judged, rare[0], new, settings.clusters),
        "tail": {
            "train": _tail(rare[0], judged.score, rejudged.score[: len(train)] * unit, threshold),
            "validation": _tail(rare[1], old_validation.score, new_validation.score * unit, threshold),
        },
        "added_rare_share": float(rare[2][new.included].mean()) if new.included.any() else 0.0,
    }


def _per_cluster(judged: Judged, rare: Bool[np.ndarray, " people"], new: Judged, clusters: int) -> list[dict[str, int]]:
    return [
        {
            "cluster": k,
            "before": int((judged.cluster == k).sum()),
            "rare_before": int((judged.cluster[rare] == k).sum()),
            "added": int((new.cluster == k).sum()),
        }
        for k in range(clusters)
    ]


def _tail(
    rare: Bool[np.ndarray, " people"], before: Float[np.ndarray, " people"], after: Float[np.ndarray, " people"], threshold: float
) -> dict[str, Any]:
    """Of the poses that were rare: how many still are, and their scores before and after over tau."""
    rare = rare & np.isfinite(after)
    ratios = {"before": before[rare] / threshold, "after": after[rare] / threshold}
    return {
        "rare_before": int(rare.sum()),
        "rare_after": int((after[rare] >= threshold).sum()),
        "median_before": float(np.median(ratios["before"])) if rare.any() else None,
        "median_after": float(np.median(ratios["after"])) if rare.any() else None,
        "edges": _BINS.tolist(),
        **{name: np.histogram(np.minimum(values, _BINS[-1]), _BINS)[0].tolist() for name, values in ratios.items()},
    }
