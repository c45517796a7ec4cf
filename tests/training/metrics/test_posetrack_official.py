"""Parity with poseval, on the cases that were run through it; and what each of its quirks does."""

import dataclasses
import json
import os
from pathlib import Path

import numpy as np
import pytest

from tests.training.datasets.sequences import people, sequence
from training.datasets.posetrack_sequences import read_sequences
from training.metrics.track_evaluation import TrackEvaluation, evaluate_tracks

DATA = Path(os.environ.get("RAREPOSE_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))
CASES = sorted(p.parent for p in DATA.glob("poseval_cases/*/expected.json"))
OURS = {
    "mAP": "ap", "ap_precision": "ap_precision", "ap_recall": "ap_recall", "MOTA": "mota", "MOTP": "motp",
    "precision": "mot_precision", "recall": "mot_recall",
}  # fmt: skip
PER_SEQUENCE = {"MOTA": "mota", "MOTP": "motp", "precision": "pre", "recall": "rec"}


def _equal(ours, theirs):
    numbers = [np.array([np.nan if v is None else v for v in values]) for values in (ours, theirs)]
    np.testing.assert_allclose(*numbers, rtol=0, atol=1e-9)


@pytest.mark.parametrize("case", CASES or [None], ids=lambda c: c.name if c else "none")
def test_every_figure_is_that_of_poseval(case):
    if case is None:
        pytest.skip("no poseval_cases here")
    expected = json.loads((case / "expected.json").read_text())
    ours = evaluate_tracks(read_sequences(case / "gt")[0], read_sequences(case / "pred", True)[0]).to_json(honest=False)
    for name, theirs in OURS.items():
        if case.name != "tied_scores" or name != "mAP":  # numpy's sorting decides there
            _equal(ours[name], expected[theirs])
    for sequence_name, figures in expected["sequences_mot"].items():
        for name, theirs in PER_SEQUENCE.items():
            _equal(ours["sequences"][sequence_name][name], figures[theirs])


STEP = np.array([[100.0, 100.0], [300.0, 100.0]])


def _frames(count, ids=(0, 1), rows=(0, 1), **changes):
    return [people(STEP[list(rows)] + 3 * n, list(ids), **changes) for n in range(count)]


def _evaluate(truth, predicted) -> TrackEvaluation:
    return evaluate_tracks([sequence(truth)], [sequence(predicted)])


def test_the_last_labelled_frame_does_not_count_for_mota():
    predicted = _frames(4)
    predicted[3] = people(np.zeros((0, 2)), [])
    found = _evaluate(_frames(4), predicted)
    assert found.table(honest=False).MOTA[-1] == 100.0
    assert found.table(honest=True).MOTA[-1] == 75.0


def test_a_frame_without_predictions_costs_one_object_however_many_people_there_are():
    predicted = _frames(4)
    predicted[1] = people(np.zeros((0, 2)), [])
    found = _evaluate(_frames(4), predicted)
    # two full frames of two people, one of a stand-in: one miss and one false positive of five objects
    assert found.table(honest=False).MOTA[-1] == pytest.approx(100 * (1 - 2 / 5))
    assert found.table(honest=True).MOTA[-1] == pytest.approx(100 * (1 - 2 / 8))


def test_one_labelled_frame_is_no_crash():
    found = _evaluate(_frames(1), _frames(1))
    assert np.isnan(found.table(honest=False).MOTA[-1])
    assert found.table(honest=True).MOTA[-1] == 100.0
    assert found.table(honest=False).mAP[-1] == 100.0


def test_nothing_predicted_and_nothing_annotated():
    nobody = [people(np.zeros((0, 2)), [])] * 3
    found = _evaluate(_frames(3), nobody)
    table = found.table(honest=False)
    assert (table.mAP[-1], table.MOTA[-1], table.MOTP[-1], table.recall[-1]) == (0.0, -100.0, 0.0, 0.0)
    assert found.table(honest=True).MOTA[-1] == 0.0
    none = _evaluate(nobody, _frames(3)).table(honest=False)
    assert (none.mAP[-1], none.MOTP[-1]) == (0.0, 0.0)
    assert np.isnan([none.MOTA[-1], none.precision[-1], none.recall[-1]]).all()


def test_unlabelled_frames_cost_nothing_officially_and_labelled_ones_without_people_do_honestly():
    truth = _frames(4)
    truth[1], truth[2] = None, people(np.zeros((0, 2)), [])
    found = _evaluate(truth, _frames(4))
    assert found.table(honest=False).MOTA[-1] == 100.0
    assert found.table(honest=True).MOTA[-1] == pytest.approx(100 * (1 - 2 / 4))


def test_motp_counts_each_error_twice_officially_and_once_honestly():
    truth = _frames(4)
    head = 0.6 * np.hypot(16, 16)
    shifted = [dataclasses.replace(p, keypoints=p.keypoints + np.array([0.2 * head, 0])) for p in truth]
    found = _evaluate(truth, shifted)
    assert found.table(honest=False).MOTP[-1] == pytest.approx(60.0)
    assert found.table(honest=True).MOTP[-1] == pytest.approx(80.0)


def test_a_joint_that_nobody_has_is_left_out_honestly():
    def without(frames, joint):
        keypoints = [p.keypoints.copy() for p in frames]
        for points in keypoints:
            points[:, joint] = np.nan
        return [dataclasses.replace(p, keypoints=k) for p, k in zip(frames, keypoints, strict=True)]

    truth = without(_frames(3), 14)
    found = _evaluate(truth, truth)
    assert found.table(honest=False).mAP[-1] == pytest.approx(100 * 14 / 15)
    assert found.table(honest=True).mAP[-1] == 100.0
    assert np.isnan(found.table(honest=True).mAP[14])
    predicted = _evaluate(truth, _frames(3))
    assert np.isnan(predicted.table(honest=False).mAP[14])
    assert predicted.table(honest=True).MOTA[-1] == 100.0


def test_groups_are_means_of_their_joints():
    table = _evaluate(_frames(3), _frames(3)).table(honest=False)
    assert table.group("mAP", "head") == table.group("MOTA", "wrist") == 100.0
