"""Systems of several outputs train with recipes, come back from disk and find people with the flip test."""

import pytest

from smpl_assets.skipped import Skipped
from smpl_assets.work import Bench
from training.evaluate_settings import EvaluateSettings
from training.feeds.images import ImageStore
from training.predict import Predictor
from training.recipes import Row, recipe_of
from training.systems.checkpoint import load_model
from training.train_stage import train_network

NAMES = ("cpn_tiny", "hrnet_tiny", "hourglass_tiny", "cpm_tiny")


@pytest.mark.parametrize("name", NAMES)
def test_all_recipes_at_once_and_prediction(name, world, quick, tmp_path):
    settings = quick(network=name, epochs=1, precision="32-true")
    train_network(Row("", "all"), recipe_of("drp+asrpt+wlcd"), world, settings, Bench(0, tmp_path))
    model, card = load_model(tmp_path, world.table.skeleton)
    assert card.network == name
    poses = Predictor(model, card, EvaluateSettings(flip_test=True)).predict(world.table, ImageStore(world.image_root), Skipped())
    assert len(poses.score) == len(world.table)
    assert (abs(poses.keypoints - world.table.bbox_xywh[:, None, :2]) < 4 * world.table.bbox_xywh[:, None, 2:]).all()
