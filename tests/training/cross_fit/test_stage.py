"""A fold's people are found by a network that learnt nothing of them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from smpl_assets.errors import InputError, StageError
from smpl_assets.work import Bench
from tests.training.conftest import PEOPLE
from training.cross_fit.check import check_choice
from training.cross_fit.errors import PREDICTIONS
from training.cross_fit.folds import draw_folds
from training.cross_fit.settings import ChoiceSettings, ErrorSettings
from training.cross_fit.stage import cross_fit
from training.poses import Poses
from training.train_settings import TrainSettings
from training.train_stage import AugmentedSet

ERROR = ErrorSettings(input_size=(64, 64), epochs=1, batch_size=8, start="scratch", folds=2)
SETTINGS = ERROR.training(TrainSettings())


def made(world: AugmentedSet, out: Path, **changes: object) -> tuple[Poses, dict]:
    out.mkdir()
    told: list[tuple[int, int]] = []
    table = dataclasses.replace(world.table, **changes)
    bench = Bench(3, out, progress=lambda done, total, **_: told.append((done, total)))
    cross_fit(table, world.image_root, 0, ERROR.folds, SETTINGS, bench)
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    return Poses.load(out / PREDICTIONS), json.loads((out / "summary.json").read_text())


def test_a_fold_is_found_by_a_network_that_never_saw_it(world: AugmentedSet, tmp_path: Path) -> None:
    held = draw_folds(world.table, ERROR.folds, 3) == 0
    poses, summary = made(world, tmp_path / "a")
    assert np.array_equal(~poses.unusable, held)
    assert np.array_equal(np.sort(poses.person), np.flatnonzero(held))
    assert np.array_equal(world.table.image[poses.person], poses.image)
    assert summary["samples"]["real"] == PEOPLE - held.sum()
    assert poses.networks == ("fold-0",)
    moved = np.where(held[:, None, None], world.table.keypoints + 7.0, world.table.keypoints)
    assert made(world, tmp_path / "b", keypoints=moved)[0] == poses  # whatever is annotated of the people it is asked about
    learnt = np.where(held[:, None, None], world.table.keypoints, world.table.keypoints + 7.0)
    assert made(world, tmp_path / "c", keypoints=learnt)[0] != poses


def test_a_fold_without_images_is_one_clear_error(world: AugmentedSet, tmp_path: Path) -> None:
    held = draw_folds(world.table, ERROR.folds, 3) == 0
    lost = {f"{i:04}" for i in np.flatnonzero(held)}
    names = tuple(f"lost-{n}" if held[i] else n for i, n in enumerate(world.table.images.file_name))
    assert lost
    images = dataclasses.replace(world.table.images, file_name=names)
    with pytest.raises(StageError, match="cross_fit fold-0: none of its"):
        made(world, tmp_path / "out", images=images)


def test_what_is_wrong_with_a_network_is_said_in_the_names_of_its_section() -> None:
    wrong = ChoiceSettings(by="error", error=ErrorSettings(input_size=(100, 100)))
    with pytest.raises(InputError, match=r"^rare_poses\.error\.input_size = \[100, 100\]"):
        check_choice(wrong, TrainSettings())
    check_choice(wrong.model_copy(update={"by": "rarity"}), TrainSettings())


def test_the_run_s_own_networks_decide_only_where_and_how_fast_these_are_trained() -> None:
    other = TrainSettings(network="simple_small", epochs=3, lr=1.0, cutout=1.0, seeds=3, variants=("drp",))
    assert ERROR.training(other) == SETTINGS
    assert ERROR.training(TrainSettings(workers=2, threads=3)).workers == 2
