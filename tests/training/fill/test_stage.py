import dataclasses
import json

import numpy as np
import pytest

from smpl_assets.body.pose import BodyPose
from smpl_assets.body.protocol import load_body
from smpl_assets.body.settings import BodySettings
from smpl_assets.errors import InputError, StageError
from smpl_assets.inverse.fits import Fits
from smpl_assets.inverse.overlaps import build_capsules, penetration
from smpl_assets.inverse.rig import pose_joints
from smpl_assets.inverse.settings import GateSettings
from smpl_assets.pose_table import PoseTable
from smpl_assets.poses.pool import PosePool
from smpl_assets.poses.settings import PoolSettings
from smpl_assets.progress import silent
from smpl_assets.skeletons import SKELETONS
from smpl_assets.work import Bench
from training.fill import draw, stage
from training.fill.draw import draw_people
from training.fill.stage import FITS, POSES, SCORES, fill_tail
from training.rarity.model import fit_rarity
from training.rarity.scores import RareScores
from training.rarity.settings import RareSettings
from training.rarity.stage import find_rare_poses

RULES = RareSettings(clusters=4, seeds=2, rare_share=0.1, map_people=0, sweep=False)
USUAL = PoolSettings(usual_share=1.0, sphere_share=0.0)


@pytest.fixture(scope="module")
def body():
    return load_body(BodySettings())


@pytest.fixture(scope="module")
def people(body):
    """Usual poses as annotated people, and the poses among them that are rare."""
    return draw_people(150, PosePool(USUAL), GateSettings(), body, SKELETONS["coco17"], True, 7, silent).people


@pytest.fixture(scope="module")
def scores(people, tmp_path_factory):
    out = tmp_path_factory.mktemp("rare")
    find_rare_poses(people, people, RULES, Bench(0, out))
    return RareScores.load(out / "train.npz")


@pytest.fixture(scope="module")
def filled(people, scores, tmp_path_factory):
    out = tmp_path_factory.mktemp("fill")
    fill_tail(people, scores, 12, PoolSettings(), RULES, GateSettings(), BodySettings(), Bench(0, out))
    return out


def test_drawn_people_keep_to_the_gate_and_are_annotated_as_the_set_is(body):
    gate, pool = GateSettings(), PosePool(PoolSettings())
    drawn = draw_people(200, pool, gate, body, SKELETONS["mpii16"], True, 1, silent)
    assert len(drawn.fits) == len(drawn.people) == 200 - sum(drawn.refused.values())
    assert drawn.refused["reaches into itself"] > 0
    assert drawn.fits.penetration_m.max() <= gate.penetration_m
    assert drawn.fits.limit_deg.max() <= gate.limit_deg
    table = drawn.people
    assert table.annotated.all()
    assert 0.05 < (~table.visible).mean() < 0.4
    inside = (table.keypoints >= table.bbox_xywh[:, None, :2]) & (
        table.keypoints <= table.bbox_xywh[:, None, :2] + table.bbox_xywh[:, None, 2:]
    )
    assert inside.mean() > 0.95
    assert {label.partition("/")[0] for label in table.source_id} == {"usual", "extreme"}
    seen = draw_people(20, pool, gate, body, SKELETONS["lsp14"], False, 1, silent).people
    assert seen.visible.all()


def test_lots_change_nothing(body, monkeypatch):
    whole = draw_people(60, PosePool(PoolSettings()), GateSettings(), body, SKELETONS["coco17"], True, 1, silent)
    monkeypatch.setattr(draw, "_LOT", 25)
    parts = draw_people(60, PosePool(PoolSettings()), GateSettings(), body, SKELETONS["coco17"], True, 1, silent)
    assert parts.people.source_id == whole.people.source_id
    np.testing.assert_allclose(parts.fits.keypoints, whole.fits.keypoints, atol=1e-3)
    assert np.array_equal(parts.people.visible, whole.people.visible)


def test_chosen_poses_are_rare_by_the_sets_own_rule_and_possible(filled, people, scores, body):
    fits, poses, found = Fits.load(filled / FITS), PoseTable.load(filled / POSES), RareScores.load(filled / SCORES)
    assert fits.person.tolist() == [len(people) + rank for rank in range(12)]
    assert fits.accepted.all()
    model, _ = fit_rarity(people, RULES, 0)
    judged = model.judge(poses)
    np.testing.assert_allclose(judged.score, found.score)
    assert np.array_equal(judged.cluster, found.cluster)
    assert (found.score >= scores.threshold).all()
    assert found.rare.all()
    both = RareScores.concatenate([scores, found])
    assert len(both) == len(people) + len(fits)
    pose = BodyPose.from_axis_angle(fits.bodies)
    deepest = penetration(build_capsules(body), pose_joints(body, pose), pose.shape)
    np.testing.assert_allclose(deepest, fits.penetration_m, atol=1e-5)
    np.testing.assert_allclose(poses.keypoints, fits.keypoints)


def test_the_summary_says_what_was_drawn_rare_and_chosen(filled, scores):
    summary = json.loads((filled / "summary.json").read_text())
    assert (summary["asked"], summary["drawn"]) == (12, 600)
    assert summary["chosen"] == len(Fits.load(filled / FITS)) == 12
    assert 12 < summary["rare"] < 600 - sum(summary["refused"].values())
    assert sum(c["chosen"] for c in summary["clusters"]) == 12
    assert sum(c["rare"] for c in summary["clusters"]) == scores.rare.sum()
    assert sum(summary["sources"].values()) == 12
    before, after = summary["coverage"]["before"], summary["coverage"]["after"]
    assert after["farthest"] < before["farthest"]
    assert after["median"] < before["median"]
    assert summary["score"]["least"] >= summary["threshold"]


def test_the_same_seed_gives_the_same_bytes(filled, people, scores, tmp_path):
    fill_tail(people, scores, 12, PoolSettings(), RULES, GateSettings(), BodySettings(), Bench(0, tmp_path))
    for name in (FITS, POSES, SCORES, "summary.json"):
        assert (tmp_path / name).read_bytes() == (filled / name).read_bytes()


def test_a_pool_without_rare_poses_says_what_to_do(people, scores, tmp_path):
    unreachable = dataclasses.replace(scores, threshold=99.0)
    with pytest.raises(StageError, match=r"(?s)of 50 poses of the pool none is rare.*add motion files"):
        fill_tail(people, unreachable, 1, PoolSettings(), RULES, GateSettings(), BodySettings(), Bench(0, tmp_path))
    with pytest.raises(InputError, match=r"render\.fill"):
        fill_tail(people, scores, 0, PoolSettings(), RULES, GateSettings(), BodySettings(), Bench(0, tmp_path))


def test_draws_are_bounded(people, scores, tmp_path, monkeypatch):
    monkeypatch.setattr(stage, "MOST_DRAWS", 120)
    fill_tail(people, scores, 100, PoolSettings(), RULES, GateSettings(), BodySettings(), Bench(0, tmp_path))
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["drawn"] == 120
    assert summary["chosen"] == summary["rare"] <= 120


def test_under_the_thesis_rule_too(people, tmp_path):
    rules = RULES.model_copy(update={"policy": "thesis"})
    (tmp_path / "rare").mkdir()
    find_rare_poses(people, people, rules, Bench(0, tmp_path / "rare"))
    found = RareScores.load(tmp_path / "rare/train.npz")
    fill_tail(people, found, 3, PoolSettings(), rules, GateSettings(), BodySettings(), Bench(0, tmp_path))
    chosen = RareScores.load(tmp_path / SCORES)
    assert len(chosen) == 3
    np.testing.assert_allclose(chosen.score, chosen.distance)
