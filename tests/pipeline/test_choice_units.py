"""Errors in the DAG: which units there are, what they depend on, who reads the choice, and a run of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.closure import code_of
from pipeline.config import load_config
from pipeline.report.table import asked_for
from pipeline.shape import Shape
from pipeline.sources import CodeCache
from pipeline.stages import STAGES
from pipeline.unit import Unit
from smpl_assets.errors import InputError
from smpl_assets.inverse.fits import Fits
from tests.pipeline.sandbox import Sandbox
from training.rarity.scores import RareScores
from training.rarity.settings import RareSettings
from training.systems.table import SYSTEMS

ASKED = ('train.variants=["baseline", "asrp+fill"]', "render.fill=40")
BOTH, ERROR = "rare_poses.by=both", "rare_poses.by=error"


def shape(*changes: str) -> Shape:
    return Shape(load_config(None, [*ASKED, *changes]), STAGES)


def units(stage: str, *changes: str) -> dict[str, Unit]:
    return {u.name: u for u in shape(*changes).units(stage)}


def planned(*changes: str) -> list[str]:
    return [s.name for s in shape(*changes).upstream(["report"])]


def test_rarity_alone_plans_nothing_more_whatever_is_said_of_errors() -> None:
    assert not {"cross_fit", "choice"} & set(planned())
    assert units("cross_fit") == units("choice") == {}
    assert units("rare_poses")["all"].params == RareSettings().model_dump(mode="json")  # their keys as they were before errors
    changes = ("rare_poses.error.epochs=9", "rare_poses.error.folds=5")
    for stage in set(planned()) - {"report"}:  # whose page may name the whole configuration
        assert units(stage) == units(stage, *changes), stage
        for unit in units(stage).values():
            assert not {"cross_fit", "choice"} & {r.stage for r in unit.reads.values()}, unit


@pytest.mark.parametrize("by", [BOTH, ERROR])
def test_errors_are_planned_before_whom_samples_are_made_for(by: str) -> None:
    stages = planned(by)
    assert stages.index("rare_poses") < stages.index("cross_fit") < stages.index("choice") < stages.index("fit")
    assert list(units("cross_fit", by, "rare_poses.error.folds=4")) == ["fold-0", "fold-1", "fold-2", "fold-3"]
    assert "choice" in {s.name for s in asked_for(load_config(None, [by]))}
    assert "choice" not in {s.name for s in asked_for(load_config(None))}


def test_who_asks_for_whom_reads_the_choice_and_who_asks_what_is_rare_reads_rarity() -> None:
    readers = {
        f"{stage}/{name}": unit.reads["rare_poses"].stage
        for stage in planned(BOTH)
        for name, unit in units(stage, BOTH).items()
        if "rare_poses" in unit.reads and stage != "report"
    }
    assert {name for name, read in readers.items() if read == "choice"} == {"fit/0", "augment/real", "augment/render"}
    assert {name for name, read in readers.items() if read == "rare_poses"} >= {"choice/all", "fill/all", "augment/fill"}
    assert all(read == "rare_poses" for name, read in readers.items() if name.startswith("evaluate/"))
    assert units("coverage", BOTH) == units("coverage")
    assert units("fill", BOTH) == units("fill")


@pytest.mark.parametrize(
    ("change", "folds", "choice"),
    [
        ("rare_poses.error.epochs=9", True, False),
        ("rare_poses.error.network=simple_small", True, False),
        ("rare_poses.error.start=scratch", True, False),
        ("rare_poses.error.min_joints=9", False, True),
        ("rare_poses.mistakes=keep", False, True),
        ("rare_poses.normalisation=box", False, True),
        ("rare_poses.rare_share=0.1", False, False),  # by way of rare_poses alone
        (ERROR, False, True),
        ("train.epochs=3", False, False),
        ("train.network=simple_small", False, False),
        ("train.workers=2", False, False),
        ("evaluate.pck_threshold=0.3", False, False),
    ],
)
def test_what_folds_and_choice_depend_on(change: str, folds: bool, choice: bool) -> None:
    before, after = units("cross_fit", BOTH), units("cross_fit", BOTH, change)
    assert {before[name] != after[name] for name in before} == {folds}
    assert (units("choice", BOTH)["all"] != units("choice", BOTH, change)["all"]) == choice


def test_the_network_of_the_errors_is_in_the_key_of_the_folds_alone() -> None:
    change, wanted, cache = "rare_poses.error.network=hrnet_tiny", SYSTEMS["hrnet_tiny"].module, CodeCache()
    for stage, there in (("cross_fit", True), ("choice", False)):
        assert {wanted in code_of(u.run, u.code, cache) for u in units(stage, BOTH, change).values()} == {there}, stage
    (choice,) = units("choice", BOTH).values()
    assert "training.train_stage" not in code_of(choice.run, choice.code, cache)  # how the folds are trained


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("rare_poses.by=errors", "rarity"),
        ("rare_poses.error.folds=1", "greater than or equal to 2"),
        ("rare_poses.error.start=render", "shipped, scratch"),
        ("rare_poses.error.network=simple_huge", "simple_tiny"),
        ("rare_poses.error.lr_=1", "rare_poses.error.lr"),
    ],
)
def test_wrong_settings_are_one_clear_error(change: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        load_config(None, [change])


SMALL = [BOTH, *(f"rare_poses.error.{o}" for o in ("epochs=1", "input_size=[64, 64]", "batch_size=8", "start=scratch"))]


@pytest.mark.slow
def test_a_run_by_both_makes_bodies_for_the_chosen_and_another_rule_chooses_anew(sandbox: Sandbox) -> None:
    def words(*changes: str) -> list[str]:
        return [part for change in (*SMALL, *changes) for part in ("--set", change)]

    assert sandbox.ran("choice", "fit", *words()) == {"cross_fit": 3, "choice": 1, "fit": 2}
    chosen = rows(sandbox.unit("choice", "all"))
    assert len(chosen) == len(rows(sandbox.unit("rare_poses", "all")))
    fitted = [Fits.load(sandbox.unit("fit", n) / "fits.npz").person for n in ("0", "1")]
    assert np.concatenate(fitted).tolist() == chosen
    assert sandbox.ran("fit", *words()) == {}
    assert sandbox.ran("choice", *words(ERROR)) == {"choice": 1}
    errors = json.loads((sandbox.unit("choice", "all") / "summary.json").read_text())
    assert errors["by"] == "error"
    assert set(json.loads(sandbox("status", "--json", *words()))["stages"][2]["units"].values()) == {3}
    assert sandbox.ran() == {}  # by rarity, all as it was


def rows(folder: Path) -> list[int]:
    return np.flatnonzero(RareScores.load(folder / "train.npz").rare).tolist()
