from __future__ import annotations

import doctest
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import rarepose
from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from tests.pipeline.tiny import make_set
from tests.training.figures import make_people, make_scores, make_shard

MODULES = sorted({*rarepose._PLACES.values()})


@pytest.mark.parametrize("module", MODULES)
def test_examples_hold(module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_set(tmp_path)
    (tmp_path / "train.json").rename(tmp_path / "annotations.json")
    (tmp_path / "train").rename(tmp_path / "images")
    monkeypatch.chdir(tmp_path)
    names = {"np": np, "json": json, "read": rarepose.read, "load": rarepose.load}
    result = doctest.testmod(import_module(module), extraglobs=names)
    assert result.attempted
    assert not result.failed


def test_everything_that_is_named_is_there_and_typed() -> None:
    for name in rarepose.__all__:
        assert callable(getattr(rarepose, name))
        assert getattr(rarepose, name).__doc__
    assert (Path(rarepose.__file__).with_name("py.typed")).is_file()
    with pytest.raises(AttributeError, match="it has demo, evaluate, fit"):
        getattr(rarepose, "nonsense")  # noqa: B009 (mypy knows that it is not there)


def test_importing_it_imports_nothing_heavy() -> None:
    code = "import sys, rarepose; print(sorted({'torch', 'warp', 'anny', 'luigi', 'pipeline'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


@pytest.fixture
def people(tmp_path: Path) -> PoseTable:
    return make_people(tmp_path / "images", 16)


def test_a_network_is_trained_measured_and_used(people: PoseTable, tmp_path: Path) -> None:
    images, scores = tmp_path / "images", make_scores(16, 4)
    shard = make_shard(tmp_path / "shard", people, [12, 13, 14, 15])
    options = {"network": "simple_tiny", "input_size": (64, 64), "epochs": 1, "batch_size": 8, "precision": "32-true"}
    network = rarepose.train(people, images, tmp_path / "net", [shard], "asrp", scores, **options)
    assert network.card.variant == "asrp"
    figures = rarepose.evaluate(network, people, images, scores, bootstrap=0, flip_test=False)
    assert figures["metrics"]["pck"]["values"][0] >= 0
    done = rarepose.predict(rarepose.load(tmp_path / "net"), [images / "000.png"], tmp_path / "out")
    assert (done.pictures, done.people) == (1, 1)


def test_wrong_options_are_named(people: PoseTable, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"rare_shar: .*\n.*there are policy, clusters"):
        rarepose.rarity(people, rare_shar=0.1)
    with pytest.raises(InputError, match="network"):
        rarepose.train(people, tmp_path / "images", tmp_path / "net", network="nonsense")
