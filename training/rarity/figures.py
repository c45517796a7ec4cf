"""Every picture of the `rare_poses` stage, drawn from its artifact."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from smpl_assets.pose_table import PoseTable
from training.rarity import charts, galleries
from training.rarity.drawing import save
from training.rarity.scores import RareScores

_WHAT = {
    "neighbours": "distance to the fifth nearest other pose over the joints that both have annotated",
    "thesis": "distance to the nearest cluster centre",
}


def draw_figures(artifact_dir: Path, train: PoseTable, image_root: Path | None, out: Path) -> dict[str, tuple[str, str]]:
    """Draw the stage's figures from its artifact into `out`; name -> (file name, caption), in the order to show them.

    `image_root`: where the training photos are, None to draw skeletons alone.
    """
    summary = json.loads((artifact_dir / "summary.json").read_text(encoding="utf-8"))
    scores = RareScores.load(artifact_dir / "train.npz")
    with np.load(artifact_dir / "centres.npz", allow_pickle=False) as file:
        positions = file["centres"]
    makers: dict[str, Callable[[], Figure | None]] = {
        "rare_gallery": lambda: galleries.rare_and_usual(train, scores, image_root),
        "rare_reasons": lambda: charts.reasons(summary),
        "rare_reason_examples": lambda: galleries.examples_by_reason(train, scores, image_root),
        "rare_centres": lambda: galleries.centres(positions, train, summary),
        "rare_histograms": lambda: charts.histograms(summary),
        "rare_joints": lambda: charts.joint_shares(summary),
        "rare_map": lambda: charts.pose_map(train, summary, scores) if summary["map"]["rows"] else None,
        "rare_sweep": lambda: charts.sweep(summary) if summary["sweep"] else None,
        "rare_lists": lambda: galleries.both_lists(train, summary, image_root),
    }
    captions = _captions(summary)
    drawn = {}
    for name, make in makers.items():
        figure = make()
        if figure is not None:
            drawn[name] = (save(figure, out / f"{name}.png").name, captions[name])
    return drawn


def _captions(summary: dict[str, Any]) -> dict[str, str]:
    train, lists = summary["train"], summary["lists"]
    people = "training people" if summary["validation"]["people"] else "people"
    rare = f"{train['rare']} of {train['included']} {people} ({100 * train['share']:.1f} %) are rare"
    return {
        "rare_gallery": f"{rare}: {_WHAT[summary['policy']]} at or above {summary['threshold']:.3g}. The number is the score. "
        "Left limbs blue-green, right ones orange, hidden joints hollow.",
        "rare_reasons": "The one thing that, made usual, lowers a rare person's score most: torso turned upright (orientation), "
        "torso stretched to its usual length (viewpoint), crossed limbs uncrossed, missing joints as usual (truncation), hidden "
        "joints as seen (occlusion). Where nothing takes off 15 %, it is the posture itself.",
        "rare_reason_examples": "The rarest people for each reason.",
        "rare_centres": f"Cluster centres (K = {summary['clusters']}, {summary['normalisation']} normalisation, joints without "
        f"annotation: {summary['missing']}).",
        "rare_histograms": "Rarity score with the threshold, and distance to the nearest cluster centre. Counts are logarithmic.",
        "rare_joints": f"Share of {people} by annotated joints. {train['excluded']} people without any were left out.",
        "rare_map": "Poses laid out by likeness (t-SNE of the joints in each person's own frame); some are drawn.",
        "rare_sweep": _sweep_caption(summary["suggestion"]),
        "rare_lists": f"The {lists['rare']} rarest {people} by either rule; {lists['in_both']} are in both lists.",
    }


def _sweep_caption(suggestion: dict[str, Any]) -> str:
    return f"Suggestion: {suggestion.get('why_clusters', '')} {suggestion['why_threshold']}"
