"""How many rare people `rarepose rank` puts in front, on real photographs: LSP-extended with the labels of some of it hidden.

    python -m benchmarks.rank_pool --data ../shared/data/lspet --network STORE/train/KEY [--network ...]

Labelled: every other photograph of `train_common` (usual people). Without labels: the rest of it, with the upside-down people of
`rare_pool` hidden among them. A network of benchmarks/rare_gain.py, trained on usual people (3,000, and 30 upside down),
predicts them in their annotated boxes; its poses and its confidence rank them. It was trained on the usual photographs of the
unlabelled part too, so all figures are flattered there; the area under the curve is with `val_common`, which it never saw.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from smpl_assets.pose_table import PoseTable
from smpl_assets.skipped import Skipped
from training.datasets.settings import DataSettings
from training.datasets.stage import read_poses
from training.evaluate_settings import EvaluateSettings
from training.feeds.images import ImageStore
from training.judging.rank import By, rank_images
from training.judging.unlabelled import Unlabelled, as_predicted
from training.poses import Poses
from training.predict import Predictor
from training.systems.checkpoint import load_model

TOP = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with joints.mat, images/ and lists/")
    parser.add_argument("--network", type=Path, action="append", required=True, help="folder of a trained network")
    parser.add_argument("--least", type=float, default=0.0, help="joints of a lower score are left out")
    asked = parser.parse_args()
    data = DataSettings(format="lsp", annotations=str(asked.data / "joints.mat"), images=str(asked.data / "images"))
    table, _ = read_poses(data)
    names = np.array([Path(table.file_name(row)).name for row in range(len(table))])
    usual, rare, new = (
        np.flatnonzero(np.isin(names, (asked.data / "lists" / f"{n}.txt").read_text().split()))
        for n in ("train_common", "rare_pool", "val_common")
    )
    labelled, pool = table.select(usual[::2]), np.concatenate([usual[1::2], rare])
    everybody = table.select(np.concatenate([pool, new]))
    is_rare = np.isin(np.arange(len(everybody)), np.arange(len(usual[1::2]), len(pool)))
    in_pool = np.arange(len(everybody)) < len(pool)
    print(
        f"{len(labelled):,} labelled, {len(pool):,} without labels, {is_rare.sum():,} of these rare; rare ones in the {TOP} best,"
    )
    print("and the area under the curve of rare people against usual ones that the network never saw")
    for folder in asked.network:
        model, card = load_model(folder, table.skeleton, "cpu", "dark")
        poses = Predictor(model, card, EvaluateSettings(), "cpu").predict(everybody, ImageStore(asked.data / "images"), Skipped())
        predicted = as_predicted(poses, everybody, asked.least)
        row: dict[str, object] = {"network": card.variant, "random": round(TOP * is_rare[in_pool].mean(), 1)}
        for by in ("confidence", "rarity", "both"):
            best = _ranked(predicted, poses, np.flatnonzero(in_pool[poses.person]), labelled, by)[0][:TOP]
            held_out, priority = _ranked(
                predicted, poses, np.flatnonzero((is_rare | ~in_pool)[poses.person]), labelled, by
            )  # fmt: skip
            area = roc_auc_score(is_rare[poses.person[held_out]], priority)
            row[by] = {"rare": int(is_rare[poses.person[best]].sum()), "area": round(float(area), 3)}
        print(json.dumps(row))


def _ranked(predicted: PoseTable, poses: Poses, rows: np.ndarray, labelled: PoseTable, by: By) -> tuple[np.ndarray, np.ndarray]:
    """Rows of found people, the best first and repetitions last, and their priorities."""
    found = Unlabelled(predicted.select(rows), poses.score[rows], poses.joint_score[rows], 0, Skipped())
    ranking = rank_images(found, labelled, by, 0)
    return rows[ranking.person], ranking.priority


if __name__ == "__main__":
    main()
