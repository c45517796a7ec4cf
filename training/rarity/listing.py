"""`rare_poses.csv`: the list for people who want nothing else."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from smpl_assets.pose_table import PoseTable
from training.rarity.scores import RareScores

COLUMNS = ("id", "image", "cluster", "distance", "score", "rare", "reason", "split", "person")


def write_list(path: Path, splits: dict[str, tuple[PoseTable, RareScores]]) -> None:
    """One line per included person, the rarest first; `id` is the source's entry, `person` the row of the split's table."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for split, (table, scores) in splits.items():
            for row in rarest_first(scores):
                writer.writerow(_line(split, table, scores, int(row)))


def rarest_first(scores: RareScores) -> np.ndarray:
    """Rows of the included people by falling score; equal scores keep the table's order."""
    rows = np.flatnonzero(scores.included)
    return rows[np.argsort(-scores.score[rows], kind="stable")]


def _line(split: str, table: PoseTable, scores: RareScores, row: int) -> tuple[object, ...]:
    return (
        table.source_id[row],
        table.file_name(row),
        int(scores.cluster[row]),
        f"{scores.distance[row]:.6f}",
        f"{scores.score[row]:.6f}",
        int(scores.rare[row]),
        str(scores.reason[row]),
        split,
        row,
    )
