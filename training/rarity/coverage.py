"""After augmentation: what the added samples changed in each cluster and in the tail."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from smpl_assets.archive import write_json
from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from smpl_assets.progress import Progress, silent
from training.rarity.drawing import GREY, INK, RARE, SECOND, USUAL, chart_axes, new_figure
from training.rarity.model import Judged, choose_threshold, fit_rarity
from training.rarity.settings import RareSettings

_BINS = np.linspace(0.0, 2.0, 41)


def measure_coverage(
    train: PoseTable,
    added: PoseTable,
    validation: PoseTable,
    settings: RareSettings,
    seed: int,
    out: Path,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Ask the stage again with the added samples among the training poses; writes and returns `coverage.json`.

    The added poses are assigned to the clusters as they were; rarity is learnt anew from all poses, and the poses that were rare
    before are scored again in the old unit. Those of `validation` were not sampled from, so they tell whether the gap itself
    was filled. InputError where the skeletons differ or nothing was added.
    """
    if not len(added) or added.skeleton.keypoints != train.skeleton.keypoints:
        raise InputError(
            f"coverage needs added samples in the training skeleton {train.skeleton.name}; there are {len(added)} in "
            f"{added.skeleton.name}",
            "run the augment stage first",
        )
    before, judged = fit_rarity(train, settings, seed, progress)
    threshold = choose_threshold(judged.score[judged.included & (settings.keeps_mistakes | ~judged.mistake)], settings)
    after, rejudged = fit_rarity(
        PoseTable.concatenate([train, dataclasses.replace(added, skeleton=train.skeleton)]), settings, seed, progress
    )
    new = before.judge(added, progress=progress)
    old_validation, new_validation = before.judge(validation), after.judge(validation)
    in_old_unit = after.unit / before.unit
    rejudged_score = rejudged.score[: len(train)] * in_old_unit
    result = {
        "policy": settings.policy,
        "threshold": threshold,
        "added": len(added),
        "clusters": _per_cluster(judged, new, threshold, settings.clusters),
        "tail": {
            "train": _tail(judged.score, rejudged_score, threshold),
            "validation": _tail(old_validation.score, new_validation.score * in_old_unit, threshold),
        },
        "added_rare_share": float(np.mean(new.score[new.included] >= threshold)) if new.included.any() else 0.0,
    }
    write_json(out / "coverage.json", result)
    return result


def _per_cluster(judged: Judged, new: Judged, threshold: float, clusters: int) -> list[dict[str, int]]:
    rare = judged.included & (np.nan_to_num(judged.score) >= threshold)
    return [
        {
            "cluster": k,
            "before": int((judged.cluster == k).sum()),
            "rare_before": int((judged.cluster[rare] == k).sum()),
            "added": int((new.cluster == k).sum()),
        }
        for k in range(clusters)
    ]


def _tail(before: np.ndarray, after: np.ndarray, threshold: float) -> dict[str, Any]:
    """Of the poses that were rare: how many still are, and their scores before and after over tau."""
    rare = np.isfinite(before) & np.isfinite(after) & (np.nan_to_num(before) >= threshold)
    ratios = {"before": before[rare] / threshold, "after": after[rare] / threshold}
    return {
        "rare_before": int(rare.sum()),
        "rare_after": int((after[rare] >= threshold).sum()),
        "median_before": float(np.median(ratios["before"])) if rare.any() else None,
        "median_after": float(np.median(ratios["after"])) if rare.any() else None,
        "edges": _BINS.tolist(),
        **{name: np.histogram(np.minimum(values, _BINS[-1]), _BINS)[0].tolist() for name, values in ratios.items()},
    }


def coverage_figure(coverage: dict[str, Any]) -> Figure:
    """People per cluster before and after, and how far beyond tau the once rare poses are now."""
    figure = new_figure(9.6, 3.2)
    left, right = figure.subplots(1, 2)
    chart_axes(left, f"{coverage['added']} added samples, by cluster", "cluster", "people")
    rows = coverage["clusters"]
    names = [str(row["cluster"]) for row in rows]
    before = [row["before"] for row in rows]
    left.bar(names, before, color=USUAL, label="before")
    left.bar(names, [row["added"] for row in rows], bottom=before, color=RARE, label="added")
    left.legend(fontsize=8, frameon=False)
    tail = coverage["tail"]
    counts = (f"{split}: {tail[split]['rare_before']} rare, then {tail[split]['rare_after']}" for split in tail)
    text = ", ".join(counts)
    chart_axes(right, "Are the once rare poses rare still?", f"score / tau ({text})", "people")
    for split, style in (("train", "-"), ("validation", ":")):
        edges = tail[split]["edges"]
        right.stairs(tail[split]["before"], edges, color=GREY if style == ":" else INK, linestyle=style, label=f"{split} before")
        right.stairs(tail[split]["after"], edges, color=SECOND, linestyle=style, label=f"{split} after")
    right.axvline(1.0, color=RARE, linewidth=1.2, linestyle="--")
    right.set_xlim(left=0.2)
    right.legend(fontsize=8, frameon=False)
    return figure
