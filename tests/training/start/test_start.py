"""The start set is rendered from the pool, everybody on it is learnt from, and a row starts from what came of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from smpl_assets.body.settings import BodySettings
from smpl_assets.labels import SampleLabels
from smpl_assets.poses.settings import PoolSettings
from smpl_assets.render.settings import RenderSettings
from smpl_assets.skeletons import get_skeleton
from smpl_assets.work import Bench
from training.augmented.samples import LABELS
from training.codecs.codec import Knobs
from training.recipes import Recipe, Row
from training.start.people import render_start
from training.start.settings import StartSettings
from training.start.stage import LEAST_KEYPOINTS, everybody, train_start
from training.start.weights import load_start
from training.systems.build import build_model
from training.systems.checkpoint import FILE, load_model
from training.train_settings import TrainSettings
from training.train_stage import AugmentedSet, train_network

START = StartSettings(images=64, image_size=64, people=2, epochs=1, batch_size=16, truncated_share=0.5)
ITEMS = (0, 12)


def make(folder: Path, items: tuple[int, int] = ITEMS) -> Path:
    folder.mkdir()
    render = RenderSettings(backgrounds="builtin", supersampling=1)
    render_start(items, PoolSettings(), START, render, BodySettings(), (), Bench(7, folder))
    return folder


@pytest.fixture(scope="module")
def shard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("start") / "0")


def test_everybody_in_the_frame_is_learnt_from(shard: Path):
    labels = SampleLabels.load(shard / LABELS)
    people = everybody(labels, "start-0")
    assert labels.subject.sum() == 12
    assert len(labels) == 24
    assert 12 <= len(people) <= 24
    assert (people.annotated.sum(1) >= LEAST_KEYPOINTS).all()
    assert len(set(people.key)) == len(people)
    shown = np.isin([f"{n:012d}.jpg" for n in labels.sample_id], people.file_name)
    assert shown.mean() > 0.8


def test_a_closer_camera_cuts_people(shard: Path):
    labels = SampleLabels.load(shard / LABELS)
    inside = (labels.keypoints[labels.subject][..., 2] > 0).all(1)
    assert 2 <= inside.sum() <= 10


def test_the_same_seed_makes_the_same_people(shard: Path, tmp_path: Path):
    again = make(tmp_path / "again")
    assert (again / "images.tar").read_bytes() == (shard / "images.tar").read_bytes()


def test_a_row_starts_from_a_network_of_the_start_stage(shard: Path, tmp_path: Path, world: AugmentedSet, quick):
    settings: TrainSettings = quick(start="render", epochs=1)
    (tmp_path / "start").mkdir()
    train_start([shard], START, settings, Bench(7, tmp_path / "start"))
    summary = json.loads((tmp_path / "start/summary.json").read_text())
    assert summary["images"] == 12
    assert summary["people"] > 12
    _, card = load_model(tmp_path / "start", get_skeleton("body21"))
    assert card.skeleton == "body21"

    (tmp_path / "row").mkdir()
    still = settings.model_copy(update={"lr": 1e-12, "weight_decay": 0.0})
    row = Row("", "baseline")
    train_network(row, Recipe(), world, still, Bench(7, tmp_path / "row"), tmp_path / "start" / FILE)
    assert json.loads((tmp_path / "row/summary.json").read_text())["start"]["drawn"] == []
    trained, _ = load_model(tmp_path / "row", world.table.skeleton)
    expected = build_model("simple_tiny", world.table.skeleton, 7, Knobs())
    load_start(expected, "simple_tiny", tmp_path / "start" / FILE)
    for name, value in expected.network.named_parameters():
        assert torch.allclose(dict(trained.network.named_parameters())[name], value, atol=1e-6), name
