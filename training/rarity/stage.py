"""The `rare_poses` stage: which poses are rare, and why; `rare_poses.csv` is the list for people who want nothing else."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int64

from smpl_assets.archive import write_json
from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from smpl_assets.progress import Progress, silent
from smpl_assets.work import Bench
from training.rarity.model import Judged, RarityModel, choose_threshold, fit_rarity, person_groups
from training.rarity.reasons import explain_rare
from training.rarity.scores import MISTAKE, RareScores
from training.rarity.settings import RareSettings
from training.rarity.suggest import suggest, sweep_clusters, sweep_rows
from training.rarity.summary import compare_policies, pose_map, seed_counts, summarise_split

Gains = Float[np.ndarray, "rare causes"]


def find_rare_poses(train: PoseTable, validation: PoseTable, settings: RareSettings, bench: Bench) -> None:
    """Cluster and score the training poses, assign the validation poses to the same clusters, and write the artifact.

    Writes train.npz, validation.npz (RareScores), centres.npz, summary.json and rare_poses.csv. InputError where the
    splits have different skeletons, nobody has an annotated joint, there are fewer poses than clusters, or none is rare.
    """
    out, seed = bench.out, bench.seed
    tables = {"train": train, "validation": validation}
    model, scores, gains = score_poses(train, validation, settings, seed, bench.progress)
    for split in tables:
        scores[split].save(out / f"{split}.npz")
    np.savez(out / "centres.npz", centres=model.clusters.centres, skeleton=np.array(train.skeleton.name))
    write_csv(out / "rare_poses.csv", {split: (tables[split], scores[split]) for split in tables})
    write_json(out / "summary.json", _summary(tables, scores, gains, model, settings, seed))


def score_poses(
    train: PoseTable, validation: PoseTable, settings: RareSettings, seed: int, progress: Progress = silent
) -> tuple[RarityModel, dict[str, RareScores], dict[str, Gains]]:
    """The rule learnt from the training poses, and what it says of both splits; InputError as `find_rare_poses`."""
    _same_skeleton(train, validation)
    model, judged = fit_rarity(train, settings, seed, progress)
    threshold = choose_threshold(judged.choosable(settings), settings)
    splits = {
        "train": (train, judged, person_groups(train)),
        "validation": (validation, model.judge(validation, progress=progress), None),
    }
    found = {split: _scores(table, verdict, model, threshold, group) for split, (table, verdict, group) in splits.items()}
    return model, {split: scores for split, (scores, _) in found.items()}, {split: gains for split, (_, gains) in found.items()}


def _same_skeleton(train: PoseTable, validation: PoseTable) -> None:
    if train.skeleton.keypoints != validation.skeleton.keypoints:
        raise InputError(
            f"training poses have skeleton {train.skeleton.name} ({len(train.skeleton)} keypoints), validation poses "
            f"{validation.skeleton.name} ({len(validation.skeleton)}): validation poses are assigned to the training clusters",
            "give data.train and data.validation of one annotation style",
        )


def _scores(
    table: PoseTable, judged: Judged, model: RarityModel, threshold: float, group: Int64[np.ndarray, " people"] | None
) -> tuple[RareScores, Gains]:
    beyond = judged.beyond(threshold)
    reason, gains = explain_rare(table, beyond, judged, model, group)
    reason[beyond & judged.mistake] = MISTAKE
    rare = judged.rare(threshold, model.settings)
    scores = RareScores(
        judged.included, judged.cluster, judged.distance, judged.score, rare, reason, threshold, model.settings.policy
    )
    return scores, gains


def _summary(
    tables: dict[str, PoseTable],
    scores: dict[str, RareScores],
    gains: dict[str, Gains],
    model: RarityModel,
    settings: RareSettings,
    seed: int,
) -> dict[str, Any]:
    train, mine = tables["train"], scores["train"]
    rows = sweep_rows(np.flatnonzero(mine.included), seed)
    sweep = sweep_clusters(*model.prepare(train, rows), settings, seed) if settings.sweep else []
    return {
        "policy": settings.policy,
        "missing": settings.missing_policy,
        "normalisation": model.normalisation,
        "clusters": settings.clusters,
        "threshold": mine.threshold,
        "skeleton": train.skeleton.name,
        "unit": model.unit,
        **{split: summarise_split(tables[split], scores[split], gains[split]) for split in tables},
        "seed_counts": {split: seed_counts(model, tables[split]) for split in tables},
        "sweep": sweep,
        "suggestion": suggest(sweep, mine.score[mine.included], settings),
        "map": pose_map(train, mine, model, settings.map_people, seed),
        "lists": compare_policies(train, mine, model, seed),
    }


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
        table.source_id[row], table.file_name(row), int(scores.cluster[row]), f"{scores.distance[row]:.6f}",
        f"{scores.score[row]:.6f}", int(scores.rare[row]), str(scores.reason[row]), split, row,
    )  # fmt: skip
