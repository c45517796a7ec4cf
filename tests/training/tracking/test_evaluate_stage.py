"""Judging a row: perfect tracks, swapped ones, what is gained over the baseline, by speed."""

import json
from dataclasses import replace

import numpy as np
import pytest

from smpl_assets.work import Bench
from tests.training.tracking.films import film
from training.datasets.posetrack_writer import write_predictions
from training.tracking.evaluate_stage import evaluate_tracker


def sequence(name, moves):
    return replace(film(name).sequence, facts={"moves": moves})


def swapped(given):
    """Ids change hands in the second half."""
    frames = [replace(f, people=replace(f.people, ids=1 - f.people.ids)) if n > 2 else f for n, f in enumerate(given.frames)]
    return replace(given, frames=tuple(frames))


@pytest.fixture(scope="module")
def metrics(tmp_path_factory):
    out = tmp_path_factory.mktemp("judged")
    truth = [sequence("000001_mpii_val", 0.1), sequence("000002_mpii_val", 0.3)]
    write_predictions([truth[0], swapped(truth[1])], out / "row" / "predictions", 0.3)
    write_predictions(truth, out / "baseline" / "predictions", 0.3)
    evaluate_tracker(truth, out / "row", out / "baseline", Bench(1, out))
    return json.loads((out / "metrics.json").read_text())


def test_a_swap_costs_the_fast_sequence_alone(metrics):
    speeds = metrics["honest"]["speeds"]
    assert speeds["slow"]["MOTA"] == 100
    assert speeds["slow"]["gain"] == 0
    assert speeds["fast"]["MOTA"] == pytest.approx(100 * (1 - 2 / 12), abs=1e-3)
    assert speeds["all"]["gain"] == pytest.approx(-100 * 2 / 24, abs=1e-3)
    assert "medium" not in speeds
    assert speeds["all"]["sequences"] == 2


def test_intervals_need_more_than_one_sequence(metrics):
    speeds = metrics["honest"]["speeds"]
    assert speeds["fast"]["gain_interval"] == [None, None]
    low, high = speeds["all"]["gain_interval"]
    assert low < -5 < 0 <= high


def test_every_joint_counts_for_map_its_interval_and_each_sequence(tmp_path):
    truth = [sequence(f"00000{n}_mpii_val", 0.1) for n in (1, 2, 3)]
    found = [unsure(one, joints) for one, joints in zip(truth, (4, 6, 5), strict=True)]
    write_predictions(found, tmp_path / "row" / "predictions", 0.3)
    evaluate_tracker(truth, tmp_path / "row", None, Bench(1, tmp_path))
    for figures in json.loads((tmp_path / "metrics.json").read_text()).values():
        assert figures["mAP"][-1] == pytest.approx(100)
        assert figures["intervals"]["mAP"] == pytest.approx([100, 100])
        assert [own["mAP"][-1] for own in figures["sequences"].values()] == pytest.approx([100] * 3)
        assert figures["recall"][-1] < 80  # MOTA's joints are those with a score


def unsure(given, joints):
    """The first joints score below the threshold."""
    frames = []
    for frame in given.frames:
        scores = np.full_like(frame.people.joint_scores, 0.9)
        scores[:, :joints] = 0.2
        frames.append(replace(frame, people=replace(frame.people, joint_scores=scores)))
    return replace(given, frames=tuple(frames))


def test_both_tables_are_there_and_every_pose_counts_for_map(metrics):
    assert metrics["honest"]["mAP"][-1] == pytest.approx(100)
    assert metrics["official"]["mAP"][-1] == pytest.approx(100)
    assert metrics["official"]["kind"] == "official"
