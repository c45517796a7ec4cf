"""Which rarity score agrees best with what makes poses hard: per-person error of stored predictions on MPII validation.

    python benchmarks/rare_score.py [DATA] [--full]

DATA (or RAREPOSE_DATA) holds `mpii_valid_full/valid.h5` and `detections_our_format.mat` (predictions of Tompson et al.). A score
is good if it ranks people as their PCKh@0.5 does (Spearman), if its rarest 3 % are predicted badly, and if few of those are
merely truncated. Scores are leave-one-out among the 2,958; halves A and B show how far figures move, "A on B" learns from
A and scores B, as training and validation sets do. Without DATA a made-up set in which turned people are hard by construction.
`--full` adds settings around the default.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import rare_people
import scipy.io
from scipy.stats import spearmanr

from smpl_assets.pose_table import PoseTable
from training.rarity.model import fit_rarity
from training.rarity.settings import RareSettings

PREDICTIONS = "mpii_valid_full/detections_our_format.mat"
LEAST_JOINTS = 4
ROWS: dict[str, dict[str, Any]] = {
    "thesis: distance, zero": {"policy": "thesis"},
    "thesis: distance, masked": {"policy": "thesis", "missing": "masked"},
    "thesis: distance, completed": {"policy": "thesis", "missing": "complete"},
    "neighbours, places only": {"hidden_weight": 0.0},
    "neighbours (default)": {},
    "neighbours, sizes from limbs": {"normalisation": "box"},
}
MORE: dict[str, dict[str, Any]] = {
    "not mirrored": {"mirror": False},
    "k = 1": {"neighbours": 1},
    "k = 10": {"neighbours": 10},
    "k = 20": {"neighbours": 20},
    "hidden 0.1": {"hidden_weight": 0.1},
    "hidden 0.3": {"hidden_weight": 0.3},
    "1,000 references": {"references": 1000},
    "500 references": {"references": 500},
}


def mpii_accuracy(data: Path, people: int) -> np.ndarray:
    """(N,) PCKh@0.5 of each person without pelvis and thorax; NaN below four joints."""
    file = scipy.io.loadmat(data / PREDICTIONS)
    names = [str(name[0]) for name in file["dataset_joints"][0]]
    truth, found = (file[key].transpose(2, 0, 1) for key in ("pos_gt_src", "pos_pred_src"))
    box = file["headboxes_src"].transpose(2, 0, 1)
    head = 0.6 * np.linalg.norm(box[:, 1] - box[:, 0], axis=1)
    used = (file["jnt_missing"].T == 0) & np.array([name not in ("pelv", "thor") for name in names])
    right = np.linalg.norm(truth - found, axis=2) <= 0.5 * head[:, None]
    if len(truth) != people:
        raise SystemExit(f"{data / PREDICTIONS}: {len(truth)} people, the annotations have {people}")
    return np.where(used.sum(1) >= LEAST_JOINTS, (right & used).sum(1) / np.maximum(used.sum(1), 1), np.nan)


def agreement(score: np.ndarray, accuracy: np.ndarray, table: PoseTable, rows: np.ndarray) -> dict[str, float]:
    rows = rows[np.isfinite(accuracy[rows])]
    rarest = rows[np.argsort(-score[rows], kind="stable")][: int(0.03 * len(rows))]
    return {
        "rank": float(spearmanr(score[rows], -accuracy[rows]).statistic),
        "top": float(100 * accuracy[rarest].mean()),
        "truncated": float(100 * (~table.annotated[rarest].all(1)).mean()),
    }


def evaluate(table: PoseTable, accuracy: np.ndarray, settings: RareSettings) -> dict[str, dict[str, float]]:
    everyone = np.arange(len(table))
    in_a = np.random.default_rng(11).permutation(len(table)) < len(table) // 2
    half_a, half_b = everyone[in_a], everyone[~in_a]
    score = fit_rarity(table, settings, 0)[1].score
    learnt_from_a = fit_rarity(table.select(half_a), settings, 0)[0]
    crossed = np.zeros(len(table))
    crossed[half_b] = learnt_from_a.judge(table.select(half_b)).score
    views = {"all": (score, everyone), "A": (score, half_a), "B": (score, half_b), "A on B": (crossed, half_b)}
    return {name: agreement(values, accuracy, table, rows) for name, (values, rows) in views.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", default=os.environ.get("RAREPOSE_DATA"), type=Path)
    parser.add_argument("--full", action="store_true")
    options = parser.parse_args()
    started = time.perf_counter()
    if options.data and (options.data / PREDICTIONS).is_file():
        table, name = rare_people.mpii_validation(options.data), "MPII validation, predictions of Tompson et al."
        accuracy = mpii_accuracy(options.data, len(table))
    else:
        table, name = rare_people.synthetic_people(2000, 0), "made-up people (no DATA given)"
        whole = rare_people.synthetic_people(2000, 0, missing=0.0).keypoints  # the same people with all joints
        trunk = whole[:, 11:13].mean(1) - whole[:, 0]
        upright = np.abs(np.arctan2(trunk[:, 0], trunk[:, 1])) < 0.6
        accuracy = np.where(upright, 0.9, 0.4) + np.random.default_rng(0).normal(0, 0.1, len(table))
    print(f"{name}; all: {100 * np.nanmean(accuracy):.1f}\nrank correlation / PCKh of the rarest 3 % / truncated among them")
    views = ("all", "A", "B", "A on B")
    print(f"{'':32}" + "".join(f"{view:>22}" for view in views))
    result = {}
    for label, changes in {**ROWS, **(MORE if options.full else {})}.items():
        result[label] = evaluate(table, accuracy, RareSettings(seeds=5, **changes))
        cells = (f"{one['rank']:.3f} / {one['top']:.1f} / {one['truncated']:.0f} %" for one in result[label].values())
        print(f"{label:32}" + "".join(f"{cell:>22}" for cell in cells), flush=True)
    print(
        json.dumps({"benchmark": "rare_score", "set": name, "rows": result, "seconds": round(time.perf_counter() - started, 1)})
    )


if __name__ == "__main__":
    main()
