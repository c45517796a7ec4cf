"""Trainings and rows of the result table, with real metrics of made-up predictions."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from smpl_assets.archive import write_json
from smpl_assets.pose_table import PoseTable
from tests.pipeline.report.made.people import folder
from tests.training.figures import boxed_poses
from training.evaluate_settings import EvaluateSettings
from training.metrics.evaluate import Validation, evaluate_poses
from training.metrics.match import match_people
from training.poses import Poses
from training.rarity.scores import RareScores
from training.recipes import Row

VARIANTS = ("baseline", "asrp", "drp+asrpt+wlcd")


def train(out: Path, variant: str) -> Path:
    """One training."""
    loss = [{"epoch": e, "loss": (1 + len(variant) / 50) * 0.01 / (e + 1) ** 0.5, "joints": 100} for e in range(20)]
    write_json(out / "history.json", loss)
    parts = variant.split("+")
    kinds = {"real": 60, "render": 12 * ("asrp" in parts), "translated": 11 * ("asrpt" in parts), "again": 0}
    skipped = {"counts": {}, "entries": [], "read": 60}
    row = Row("", variant)
    names = {"variant": row.name, "network": row.network, "recipe": row.recipe, "title": row.title}
    network = {"system": "simple_tiny", "parameters": 1_234_567}
    write_json(out / "summary.json", {**names, **network, "samples": kinds, "steps": 400, "skipped": skipped})
    return out


def evaluate(root: Path, table: PoseTable, scores: RareScores, variants: tuple[str, ...]) -> dict[str, Path]:
    """Real metrics of predictions that miss rare people more often, less so with more of the variant's parts."""
    made: dict[str, Poses] = {}
    folders = {}
    for variant in variants:
        folders[variant] = folder(root / variant)
        made[variant] = _predictions(table, scores, variant)
        base = None if variant == "baseline" else made.get("baseline")
        found, other = ([match_people(p, table)] if p is not None else None for p in (made[variant], base))
        people = Validation(table, root, scores)
        content = evaluate_poses(Row("", variant), found, other, people, EvaluateSettings(bootstrap=200), 0)
        made[variant].save(folders[variant] / "predictions.npz")
        content["skipped"] = {"counts": {"image cannot be read": 1}, "entries": [], "read": len(table) - 1}
        write_json(folders[variant] / "metrics.json", content)
    return folders


def _predictions(table: PoseTable, scores: RareScores, variant: str) -> Poses:
    rng, strength = np.random.default_rng(9), variant.count("+") + (variant != "baseline")
    spread = np.where(scores.rare, 9.0 - 2.0 * strength, 3.0 + 0.3 * strength)[:, None, None]
    found = table.keypoints + rng.normal(0, 1, table.keypoints.shape) * spread * np.ptp(table.keypoints[0], axis=0).max() / 96
    return boxed_poses(table, found, np.ones(len(table)), variant)
