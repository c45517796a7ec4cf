"""Systems train with recipes in the machine's own precision, come back from disk, and find people with the flip test and DACP."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from smpl_assets.skipped import Skipped
from smpl_assets.work import Bench
from tests.training.conftest import PEOPLE, RARE
from tests.training.figures import make_scores
from training.evaluate_settings import EvaluateSettings
from training.evaluate_stage import evaluate_row
from training.feeds.images import ImageStore
from training.loop.precision import resolve_precision
from training.metrics.evaluate import Validation
from training.poses import Poses
from training.predict import Predictor
from training.recipes import Row, recipe_of
from training.systems.checkpoint import load_model
from training.systems.table import SYSTEMS
from training.train_settings import TrainSettings
from training.train_stage import AugmentedSet, train_network

NAMES = [name for name in SYSTEMS.own if name.endswith("_tiny")]
OPTIONS = {"deep_pose_tiny": {"stages": 2, "side": 32}, "coarse_to_fine_tiny": {"window": 12}}
ADDED = {"asrp": {"render": RARE}, "drp+asrpt+wlcd": {"translated": RARE, "again": RARE}}


@pytest.fixture(scope="module")
def trained(world: AugmentedSet, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """(system, recipe) -> the folder of a training of three steps, in which every phase has one."""
    done: dict[tuple[str, str], Path] = {}

    def train(name: str, recipe: str) -> Path:
        if (name, recipe) not in done:
            done[name, recipe] = out = tmp_path_factory.mktemp(name)
            settings = TrainSettings(network=name, options=OPTIONS.get(name, {}), input_size=(64, 64), epochs=1, batch_size=8)
            train_network(Row("", recipe), recipe_of(recipe), world, settings, Bench(0, out))
        return done[name, recipe]

    return train


@pytest.mark.parametrize("recipe", ADDED)
@pytest.mark.parametrize("name", NAMES)
def test_it_trains_and_finds_people(name: str, recipe: str, world: AugmentedSet, trained: Callable[[str, str], Path]) -> None:
    folder = trained(name, recipe)
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["samples"] == {"real": PEOPLE, "render": 0, "translated": 0, "fill": 0, "again": 0} | ADDED[recipe]
    assert (summary["steps"], summary["precision"]) == (3, resolve_precision("auto", "cpu"))
    model, card = load_model(folder, world.table.skeleton)
    assert (card.network, card.variant) == (name, recipe)
    poses = Predictor(model, card, EvaluateSettings(flip_test=True)).predict(world.table, ImageStore(world.image_root), Skipped())
    assert len(poses.score) == PEOPLE
    assert (abs(poses.keypoints - world.table.bbox_xywh[:, None, :2]) < 4 * world.table.bbox_xywh[:, None, 2:]).all()


@pytest.mark.parametrize("name", ["ogn_tiny", "deep_pose_tiny", "regressor_tiny"])
def test_dacp_takes_the_pose_with_the_larger_score(
    name: str, world: AugmentedSet, trained: Callable[[str, str], Path], tmp_path: Path
) -> None:
    """Scores that are no heights of heatmaps: disks, how little a joint was moved, presence."""
    people = Validation(world.table, world.image_root, make_scores(PEOPLE, RARE))
    folders, found = [trained(name, recipe) for recipe in ADDED], []
    rows = [(Row("", "baseline"), folders[:1]), (Row("", "asrp"), folders[1:]), (Row("", "dacp"), folders)]
    for index, (row, networks) in enumerate(rows):
        out = tmp_path / str(index)
        out.mkdir()
        evaluate_row(row, [networks], people, None, EvaluateSettings(bootstrap=10), Bench(0, out))
        found.append(Poses.load(out / "predictions.npz"))
    usual, rare, both = found
    larger = rare.score > usual.score
    assert not np.array_equal(rare.score, usual.score)
    assert np.array_equal(both.network, larger.astype(int))
    assert np.array_equal(both.keypoints, np.where(larger[:, None, None], rare.keypoints, usual.keypoints))
    assert np.array_equal(both.score, np.maximum(rare.score, usual.score))
