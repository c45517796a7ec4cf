"""`rare_poses.csv`: the list for people who want nothing else."""

from __future__ import annotations

import csv
from pathlib import Path

from smpl_assets.pose_table import PoseTable
from training.rarity.scores import RareScores

COLUMNS = ("id", "image", "cluster", "distance", "score", "rare", "reason", "split", "person")


def write_csv(path: Path, splits: dict[str, tuple[PoseTable, RareScores]]) -> None:
    """One line per included person, the rarest first; `id` is the source's entry, `person` the row of the split's table."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for split, (table, scores) in splits.items():
            for row in scores.rarest_first():
                writer.writerow(_line(split, table, scores, int(row)))


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
