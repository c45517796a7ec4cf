"""Rare poses of one annotation file, without a configuration: list, figures and a small report in a folder."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

import numpy as np

from pipeline.report.inputs import ReportInputs
from pipeline.report.section import Section
from pipeline.report.settings import ReportSettings
from pipeline.report.stage import build_report
from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from smpl_assets.work import Bench
from training.rarity.scores import RareScores
from training.rarity.settings import RareSettings
from training.rarity.stage import find_rare_poses


def rare_list(
    table: PoseTable, image_root: Path | None, section: Section, settings: RareSettings, bench: Bench, title: str = "these people"
) -> RareScores:
    """Find the rare poses of a table and leave `rare_poses.csv`, `figures/` and `report.html` in `bench.out`.

    Args:
        table: the people.
        image_root: where their photos are, None to draw skeletons alone.
        section: the report's section of rare poses, all that the page has.
        settings: the `rare_poses` section.
        bench: files of these names in its folder are replaced, others stay.
        title: what the people are called.

    Returns:
        the scores.

    Raises:
        InputError: as `find_rare_poses`, or the folder cannot be written.
    """
    try:
        bench.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {bench.out}: not a folder that can be written ({error})", "name another folder") from error
    with tempfile.TemporaryDirectory() as folder:
        people, artifact = Path(folder, "people"), Path(folder, "rare_poses")
        people.mkdir()
        artifact.mkdir()
        table.save(people / "poses.npz")
        nobody = table.select(np.zeros(0, np.int64))
        find_rare_poses(table, nobody, settings, dataclasses.replace(bench, out=artifact))
        artifacts = {"annotations": {"train": people}, "rare_poses": {"all": artifact}}
        roots = {} if image_root is None else {"train": image_root}
        build_report(ReportInputs(artifacts, roots, f"Rare poses of {title}"), (section,), ReportSettings(), bench)
        return RareScores.load(artifact / "train.npz")
