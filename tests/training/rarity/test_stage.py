import csv
import dataclasses
import json

import numpy as np
import pytest

from smpl_assets.errors import InputError
from smpl_assets.work import Bench
from tests.training.rarity.people import make_people, make_table, without
from training.rarity.model import choose_threshold
from training.rarity.scores import RareScores
from training.rarity.settings import RareSettings
from training.rarity.stage import find_rare_poses

QUICK = {"clusters": 4, "sweep_from": 3, "sweep_to": 4, "seeds": 2, "map_people": 40}
FILES = {"train.npz", "validation.npz", "centres.npz", "summary.json", "rare_poses.csv"}


@pytest.fixture(scope="module")
def tables():
    train, validation = make_people(120, upside_down=4), make_people(40, seed=1, upside_down=1)
    return without(train, [3, 5], ["left_ankle", "left_knee"]), without(validation, [2], list(validation.skeleton.keypoints))


def run(tables, folder, **changes):
    folder.mkdir(exist_ok=True)
    find_rare_poses(*tables, RareSettings(**(QUICK | changes)), Bench(0, folder))
    summary = json.loads((folder / "summary.json").read_text())
    return RareScores.load(folder / "train.npz"), RareScores.load(folder / "validation.npz"), summary


def test_finds_the_people_on_their_heads(tables, tmp_path):
    train, validation, summary = run(tables, tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == FILES
    assert np.flatnonzero(train.rare).tolist() == [116, 117, 118, 119]
    assert (train.reason[train.rare] == "orientation").all()
    assert validation.rare[39]
    assert validation.threshold == train.threshold == summary["threshold"]
    assert summary["train"]["reasons"]["orientation"] == 4
    assert summary["lists"]["neighbours"][:4] == sorted(summary["lists"]["neighbours"][:4], key=lambda r: -train.score[r])
    assert summary["train"]["rare"] == 4
    assert sum(summary["train"]["cluster_sizes"]) == summary["train"]["included"] == 120


def test_people_without_joints_are_left_out_and_counted_or_kept(tables, tmp_path):
    _, validation, summary = run(tables, tmp_path)
    assert not validation.included[2]
    assert (validation.cluster[2], np.isnan(validation.score[2]), validation.rare[2]) == (-1, True, False)
    assert summary["validation"]["excluded"] == 1
    _, kept, _ = run(tables, tmp_path, include_empty=True, policy="thesis")
    assert kept.included[2]
    assert np.isfinite(kept.distance[2])


def test_the_same_settings_and_seed_give_the_same_bytes(tables, tmp_path):
    run(tables, tmp_path / "one")
    run(tables, tmp_path / "two")
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


@pytest.mark.parametrize("missing", ["zero", "masked", "complete"])
def test_the_thesiss_rule_is_the_distance_to_the_nearest_training_centre(tables, tmp_path, missing):
    train, validation, summary = run(tables, tmp_path, policy="thesis", missing=missing, threshold=0.2)
    assert (train.score == train.distance).all()
    assert (train.rare == (train.distance >= 0.2)).all()
    assert (summary["policy"], summary["missing"], summary["threshold"]) == ("thesis", missing, 0.2)
    with np.load(tmp_path / "centres.npz", allow_pickle=False) as file:
        centres = file["centres"]
    assert centres.shape == (4, 16, 2)
    row = 7
    table = tables[1]
    side = 250.0 * table.scale[row]
    pose = (table.keypoints[row] - (table.center[row] + [0, 15.0 * table.scale[row]]) + side / 2) / side
    assert validation.distance[row] == pytest.approx(np.sqrt(((pose - centres) ** 2).sum((1, 2))).min(), rel=1e-3)


def test_share_and_threshold(tables, tmp_path):
    train, _, _ = run(tables, tmp_path, rare_share=0.1)
    assert train.rare.sum() == 12
    above, _, _ = run(tables, tmp_path, threshold=1.0)
    assert (above.rare == (above.score >= 1.0)).all()
    assert 0.02 <= above.rare.mean() <= 0.04  # 1 is what the rarest 3 % reach


def test_a_labelling_mistake_is_named_and_not_rare(tables, tmp_path):
    keypoints = tables[0].keypoints.copy()
    keypoints[10, tables[0].skeleton.index("left_wrist")] += 170.0
    broken = (dataclasses.replace(tables[0], keypoints=keypoints), tables[1])
    train, _, summary = run(broken, tmp_path)
    assert (train.reason[10], bool(train.rare[10])) == ("annotation", False)
    assert (summary["train"]["mistakes"], train.rare.sum()) == (1, 4)
    kept, _, _ = run(broken, tmp_path, mistakes="keep")
    assert (kept.reason[10], bool(kept.rare[10])) == ("annotation", True)


def test_the_list(tables, tmp_path):
    train, _, _ = run(tables, tmp_path)
    with open(tmp_path / "rare_poses.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    mine = [row for row in rows if row["split"] == "train"]
    assert len(mine) == 120
    assert [float(row["score"]) for row in mine] == sorted((float(row["score"]) for row in mine), reverse=True)
    first = mine[0]
    assert first["id"] == f"person {first['person']}"
    assert first["image"] == f"{int(first['person']):03}.jpg"
    assert first["reason"] == train.reason[int(first["person"])]
    assert sum(row["rare"] == "1" for row in mine) == 4
    assert len([row for row in rows if row["split"] == "validation"]) == 39


def test_switches_do_something(tables, tmp_path):
    base, _, summary = run(tables, tmp_path)
    off, _, bare = run(tables, tmp_path, sweep=False, map_people=0, seeds=1)
    assert (bare["sweep"], bare["map"]["rows"]) == ([], [])
    assert [row["clusters"] for row in summary["sweep"]] == [3, 4]
    assert (len(summary["map"]["rows"]), summary["seed_counts"]["train"]["seeds"]) == (40, 2)
    assert (base.score == off.score).all()
    quick = {"sweep": False, "map_people": 0, "seeds": 1}
    for changes in ({"neighbours": 1}, {"mirror": False}, {"references": 20}, {"normalisation": "box"}):
        assert (run(tables, tmp_path, **quick, **changes)[0].score != base.score).any(), changes
    visible = tables[0].visible.copy()
    visible[:60, 0] = False
    hidden = (dataclasses.replace(tables[0], visible=visible), tables[1])
    blind, seen = (run(one, tmp_path, hidden_weight=0.0, **quick)[0].score for one in (hidden, tables))
    assert (blind == seen).all()
    assert (run(hidden, tmp_path, **quick)[0].score != base.score).any()


def tracked(table, people):
    """The first of them frames of one person in one sequence, the others of nobody's."""
    images = dataclasses.replace(table.images, sequence=np.zeros(len(table.images), np.int64), sequences=("clip",))
    return dataclasses.replace(table, images=images, person_id=np.where(np.arange(len(table)) < people, 7, -1))


def test_frames_of_one_person_that_nobody_is_compared_with_are_not_rare(tables, tmp_path):
    train, validation = tracked(tables[0], 118), tables[1]
    found, _, summary = run((train, validation), tmp_path)
    assert np.flatnonzero(found.rare).tolist() == [118, 119]
    assert summary["threshold"] > 0.1
    with pytest.raises(InputError, match="no training pose can be told from the others: 120 people"):
        run((tracked(tables[0], 120), validation), tmp_path)


def test_bad_input(tables, tmp_path):
    train, validation = tables
    with pytest.raises(InputError, match=r"threshold = 99: no rare pose at all, the largest of 120") as caught:
        run(tables, tmp_path, threshold=99.0)
    assert "rare_share" in caught.value.next_step
    with pytest.raises(InputError, match=r"clusters = 130.*there are 120"):
        run(tables, tmp_path, clusters=130)
    with pytest.raises(InputError, match=r"skeleton mpii16 .16 keypoints., validation poses lsp14"):
        run((train, make_people(5, skeleton="lsp14")), tmp_path)
    nobody = make_table(np.zeros((3, 16, 2)), np.zeros((3, 16), bool))
    with pytest.raises(InputError, match=r"hold 3 people and none with an annotated joint"):
        run((nobody, validation), tmp_path)
    with pytest.raises(InputError, match=r"every training person has an impossibly long limb"):
        choose_threshold(np.zeros(0), RareSettings())
    with pytest.raises(InputError, match=r"hold 0 people"):
        run((train.select(np.zeros(0, np.int64)), validation), tmp_path)


def test_no_validation_people_is_fine(tables, tmp_path):
    _, validation, summary = run((tables[0], tables[1].select(np.zeros(0, np.int64))), tmp_path)
    assert len(validation) == 0
    assert summary["validation"]["counts_at"] == {}


@pytest.mark.parametrize("normalisation", ["mpii", "coco", "box", "torso"])
def test_seeds_are_counted_under_any_normalisation(tables, tmp_path, normalisation):
    _, _, summary = run((tables[0], tables[1].select(np.zeros(0, np.int64))), tmp_path, normalisation=normalisation, sweep=False)
    assert summary["seed_counts"]["train"]["taus"]
    assert summary["seed_counts"]["validation"]["taus"] == []
