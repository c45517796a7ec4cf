"""The error of each person by the network of another fold, who has none, and what is written of the choice."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from smpl_assets.errors import InputError, StageError
from smpl_assets.pose_table import PoseTable
from smpl_assets.work import Bench
from tests.training.figures import boxed_poses, make_scores
from tests.training.rarity.people import make_people, turned, without
from training.cross_fit.choice_stage import choose_people
from training.cross_fit.errors import PREDICTIONS, PersonErrors
from training.cross_fit.measure import LONG_LIMB, long_limbs, person_errors, together
from training.cross_fit.settings import ChoiceSettings, ErrorSettings
from training.poses import Poses
from training.rarity.model import fit_rarity
from training.rarity.scores import RareScores

BOTH = ChoiceSettings(by="both")
EVEN = 2


def found(table: PoseTable, fold: int, off: np.ndarray) -> Poses:
    """What the network of a fold finds of every other person from `fold` on: each joint off by so many px."""
    poses = boxed_poses(table, table.keypoints + off[:, None, None], np.ones(len(table)), f"fold-{fold}")
    rows = np.arange(fold, len(table), EVEN)
    unusable = np.ones(len(table), bool)
    unusable[rows] = False
    return dataclasses.replace(poses.select(rows), unusable=unusable)


@pytest.fixture
def people() -> PoseTable:
    return dataclasses.replace(make_people(12, seed=1, upside_down=2), area=np.full(12, 20000.0))


def off(count: int) -> np.ndarray:
    return np.linspace(0, 60, count)


def test_each_person_has_the_error_of_the_network_of_its_own_fold(people: PoseTable) -> None:
    errors = person_errors(people, np.ones(12, bool), [found(people, f, off(12)) for f in range(EVEN)], BOTH)
    assert errors.metric == "OKS"
    assert errors.fold.tolist() == [0, 1] * 6
    assert errors.error[0] == pytest.approx(0, abs=1e-9)
    assert (np.diff(errors.error) > 0).all()  # farther off, larger error
    assert (errors.error <= 1).all()
    assert np.allclose(errors.keypoints, people.keypoints + off(12)[:, None, None])
    assert errors.eligible.all()


def test_who_has_no_error_is_left_out_with_the_reason(people: PoseTable) -> None:
    joints = list(people.skeleton.keypoints)
    table = without(without(people, [1], joints[:-2]), [2], joints)
    table = dataclasses.replace(table, area=np.where(np.arange(12) == 4, 0.0, table.area))
    keypoints = table.keypoints.copy()
    keypoints[5, people.skeleton.index("left_wrist")] += 900.0
    table = dataclasses.replace(table, keypoints=keypoints)
    folds = [found(table, f, off(12)) for f in range(EVEN)]
    folds[1] = dataclasses.replace(folds[1].select(folds[1].person != 3), unusable=folds[1].unusable | (np.arange(12) == 3))
    errors = person_errors(table, table.annotated.any(1), folds, BOTH)
    assert dict(zip(np.flatnonzero(~errors.eligible), errors.left_out[~errors.eligible], strict=True)) == {
        1: "fewer than 5 annotated joints",
        2: "no annotated joint",
        3: "the image cannot be used",
        4: "neither an area nor a torso to measure by",
        5: LONG_LIMB,
    }
    assert np.isnan(errors.error[[1, 2, 3, 4]]).all()
    kept = person_errors(table, table.annotated.any(1), folds, BOTH.model_copy(update={"mistakes": "keep"}))
    assert kept.eligible[5]


@pytest.mark.parametrize("skeleton", ["mpii16", "coco17", "lsp14"])
@pytest.mark.parametrize("normalisation", ["auto", "box"])
def test_mistakes_are_those_of_the_rule_of_rarity(skeleton: str, normalisation: str) -> None:
    table = turned(make_people(60, seed=2, upside_down=9, skeleton=skeleton), 20.0)
    keypoints = table.keypoints.copy()
    for row, reach in enumerate(np.linspace(60, 400, 12)):
        keypoints[row, table.skeleton.index("right_ankle")] += reach
    scale = np.linspace(0.5, 2, 60)
    table = dataclasses.replace(table, keypoints=keypoints, scale=scale)
    settings = ChoiceSettings(by="both", clusters=2, seeds=1, normalisation=normalisation)
    _, judged = fit_rarity(table, settings, 0)
    assert 0 < judged.mistake.sum() < 60
    assert np.array_equal(long_limbs(table, settings), judged.mistake)


def test_folds_that_overlap_are_refused(people: PoseTable) -> None:
    with pytest.raises(StageError, match="folds overlap"):
        together([found(people, 0, off(12))] * 2)


def test_where_nobody_can_be_chosen_the_error_says_why(people: PoseTable) -> None:
    settings = ChoiceSettings(by="error", error=ErrorSettings(min_joints=17))
    folds = [found(people, f, off(12)) for f in range(EVEN)]
    joints = len(people.skeleton)
    assert not person_errors(people, np.ones(12, bool), folds, settings).left_out.any()  # nobody can have more than all joints
    blind = without(people, list(range(12)), ["left_wrist"])
    with pytest.raises(StageError, match=rf'by = "error": nobody.*\(12 x fewer than {joints}') as caught:
        person_errors(blind, np.ones(12, bool), folds, settings)
    assert "min_joints" in caught.value.next_step


@pytest.fixture
def folders(people: PoseTable, tmp_path: Path) -> list[Path]:
    parts = [tmp_path / f"fold-{f}" for f in range(EVEN)]
    for fold, folder in enumerate(parts):
        folder.mkdir()
        found(people, fold, off(12)[::-1]).save(folder / PREDICTIONS)  # the first person is found worst
    return parts


def made(people: PoseTable, folders: list[Path], out: Path, by: str) -> RareScores:
    out.mkdir()
    choose_people(people, make_scores(12, 3), folders, ChoiceSettings.model_validate({"by": by}), Bench(0, out))
    return RareScores.load(out / "train.npz")


def test_as_many_are_chosen_as_are_rare_and_the_stages_behind_read_them_as_the_rare_ones(
    people: PoseTable, folders: list[Path], tmp_path: Path
) -> None:
    rarity = make_scores(12, 3)
    chosen = made(people, folders, tmp_path / "out", "error")
    assert np.flatnonzero(chosen.rare).tolist() == [0, 1, 2]
    assert chosen.policy == "error"
    assert chosen.threshold == chosen.score[2]
    assert (chosen.score[chosen.rare] >= chosen.threshold).all()
    assert np.array_equal(chosen.cluster, rarity.cluster)
    assert chosen.reason[:3].tolist() == ["error"] * 3
    assert chosen.reason[3:].tolist() == rarity.reason[3:].tolist()
    errors = PersonErrors.load(tmp_path / "out/errors.npz")
    assert np.array_equal(errors.error, chosen.score)


def test_the_summary_and_the_list_say_what_each_rule_would_choose(people: PoseTable, folders: list[Path], tmp_path: Path) -> None:
    chosen = made(people, folders, tmp_path / "out", "both")
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    rare = make_scores(12, 3).rare
    assert summary["by"] == "both"
    assert summary["chosen"] == 3
    assert summary["in_both"] == int((chosen.rare & rare).sum())
    assert summary["choice_alone"] + summary["in_both"] == summary["rarity_alone"] + summary["in_both"] == 3
    assert summary["rules"]["error"]["rare"] == 0
    assert summary["rules"]["rarity"]["rare"] == 3
    assert summary["rules"]["error"]["error"] > summary["all"]["error"] > summary["rules"]["rarity"]["error"]
    with open(tmp_path / "out/choice.csv", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 12
    assert [int(line["chosen"]) for line in lines] == [1] * 3 + [0] * 9
    assert [float(line["score"]) for line in lines] == sorted((float(line["score"]) for line in lines), reverse=True)


def test_rarity_alone_asks_for_no_errors(people: PoseTable, folders: list[Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match='by = "rarity" asks for no errors'):
        made(people, folders, tmp_path / "out", "rarity")
