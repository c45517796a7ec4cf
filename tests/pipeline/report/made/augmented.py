"""The parts of an augmented set, and the tail asked again with its samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from smpl_assets.archive import write_json
from smpl_assets.labels import SampleLabels
from smpl_assets.pose_table import PoseTable
from smpl_assets.work import Bench
from tests.pipeline.report.made.people import RULES, folder
from training.augmented.stage import coverage
from training.rarity.coverage import measure_coverage
from training.rarity.scores import RareScores


def augment(root: Path, table: PoseTable, scores: RareScores, shards: dict[str, list[Path]]) -> dict[str, Path]:
    """The real people, and the samples of each kind but the last one; `scores` are those of the poses of `fill` too."""
    folders = {unit: folder(root / unit) for unit in ("real", *shards)}
    real = {"people": len(table), "trainable": len(table), "rare": int(scores.rare[: len(table)].sum()), "missing_images": 0}
    write_json(folders["real"] / "summary.json", real)
    for kind, made in shards.items():
        people = [s.source_person for f in made for s in SampleLabels.load(f / "labels.npz").samples][:-1]
        skipped = {"unusable": {"counts": {}, "entries": [], "read": len(people)}}
        part = coverage(scores, np.array(people, np.int64), len(table))
        write_json(folders[kind] / "summary.json", {"samples": len(people), "skipped": skipped, "coverage": part})
    return folders


def tail(out: Path, tables: dict[str, PoseTable], scores: RareScores, kinds: list[str]) -> Path:
    """The coverage stage's own artifact, with copies of the rare people as the samples."""
    added = {kind: tables["train"].select(scores.rare) for kind in kinds}
    measure_coverage(tables["train"], added, tables["validation"], RULES, Bench(0, out))
    return out
