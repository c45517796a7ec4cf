from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from smpl_assets.pose_table import PoseTable
from smpl_assets.work import Bench
from tests.training.figures import make_people, make_scores, make_shard
from training.augmented.settings import AugmentSettings
from training.augmented.stage import augment_real, augment_synthetic
from training.rarity.scores import RareScores
from training.train_settings import TrainSettings
from training.train_stage import AugmentedSet

PEOPLE, RARE = 24, 6


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> AugmentedSet:
    """24 people, 6 of them rare, each of those rendered and translated."""
    root = tmp_path_factory.mktemp("world")
    table = make_people(root / "images", PEOPLE)
    rare = list(range(PEOPLE - RARE, PEOPLE))
    shards = [make_shard(root / "r0", table, rare[:3]), make_shard(root / "r1", table, rare[3:], seed=2)]
    twins = [make_shard(root / "t0", table, rare[:3], True), make_shard(root / "t1", table, rare[3:], True, seed=2)]
    return augmented(table, root, make_scores(PEOPLE, RARE), {"render": shards, "translated": twins})


def augmented(
    table: PoseTable, root: Path, scores: RareScores, shards: dict[str, list[Path]], settings: AugmentSettings | None = None,
    name: str = "augmented",
) -> AugmentedSet:  # fmt: skip
    """The units of the stage `augment` in `root / name`; images lie in `root / "images"`."""
    settings = settings or AugmentSettings()
    kinds = {kind: root / name / kind for kind in ("real", *shards)}
    for folder in kinds.values():
        folder.mkdir(parents=True)
    augment_real(table, root / "images", scores, settings, Bench(0, kinds["real"]))
    for kind, folders in shards.items():
        augment_synthetic(kind, table, scores, folders, settings, Bench(0, kinds[kind]))
    return AugmentedSet(table, root / "images", kinds)


@pytest.fixture
def quick() -> Callable[..., TrainSettings]:
    """Settings of a training that takes a second."""

    def build(**changes: object) -> TrainSettings:
        values = {
            "network": "simple_tiny",
            "input_size": (64, 64),
            "epochs": 2,
            "batch_size": 8,
            "lr": 3e-3,
            "schedule": "cosine",
        }
        return TrainSettings(**(values | changes))

    return build
