from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from smpl_assets.pose_table import PoseTable
from tests.training.figures import make_people, make_scores, make_shard
from training.augmented.stage import augment
from training.settings import AugmentSettings, TrainSettings

PEOPLE, RARE = 24, 6


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PoseTable]:
    """A folder with images/ and augmented/: 24 people, 6 of them rare, each of those rendered and translated."""
    root = tmp_path_factory.mktemp("world")
    table = make_people(root / "images", PEOPLE)
    rare = list(range(PEOPLE - RARE, PEOPLE))
    shards = [make_shard(root / "r0", table, rare[:3]), make_shard(root / "r1", table, rare[3:], seed=2)]
    twins = [make_shard(root / "t0", table, rare[:3], True), make_shard(root / "t1", table, rare[3:], True, seed=2)]
    (root / "augmented").mkdir()
    augment(table, root / "images", make_scores(PEOPLE, RARE), shards, twins, AugmentSettings(), 0, root / "augmented")
    return root, table


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
