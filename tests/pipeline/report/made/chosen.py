"""What `cross_fit` and `choice` leave: networks that find joints the worse, the later the person comes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from pipeline.report.inputs import ReportInputs
from smpl_assets.pose_table import PoseTable
from smpl_assets.work import Bench
from tests.training.figures import boxed_poses
from training.cross_fit.choice_stage import choose_people
from training.cross_fit.errors import PREDICTIONS
from training.cross_fit.settings import ChoiceSettings
from training.rarity.scores import RareScores

from .pages import changed

FOLDS = 2


def with_choice(inputs: ReportInputs, root: Path, by: str) -> ReportInputs:
    """The run as it would be with `rare_poses.by`."""
    table = PoseTable.load(inputs.one("annotations", "train") / "poses.npz")
    scores = RareScores.load(inputs.one("rare_poses") / "train.npz")
    rng = np.random.default_rng(0)
    off = rng.normal(0, 1, table.keypoints.shape) * np.linspace(0, 12, len(table))[:, None, None]
    folders = {}
    for fold in range(FOLDS):
        folders[f"fold-{fold}"] = folder = root / f"fold-{fold}"
        folder.mkdir(parents=True)
        mine = np.arange(len(table)) % FOLDS == fold
        poses = boxed_poses(table, table.keypoints + off, np.ones(len(table)), f"fold-{fold}").select(np.flatnonzero(mine))
        dataclasses.replace(poses, unusable=~mine).save(folder / PREDICTIONS)
    (root / "choice").mkdir()
    settings = ChoiceSettings.model_validate({"by": by})
    choose_people(table, scores, list(folders.values()), settings, Bench(0, root / "choice"))
    return changed(inputs, cross_fit=folders, choice={"all": root / "choice"})
