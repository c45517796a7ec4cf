"""Filling the middle frame, and sets of three frames."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from tests.training.tracking.crowd import frames, people
from training.tracking.online import OnlineTracker
from training.tracking.online_settings import Life
from training.tracking.refine import refine, within
from training.tracking.tracker import Similarity
from training.tracking.tracks import RefinedTracker

SIZE = (160, 120)
POSE = np.array([[0, 0], [0, 20], [0, 40], [10, 20]], float)


def one(x, y=40.0, number=0, **options):
    return people(POSE[None] + np.array([x, y]), ids=[number], **options)


NOBODY = people(np.zeros((0, 4, 2)))


def test_a_person_who_is_missing_stands_at_the_mean():
    filled = refine(one(50.0), NOBODY, one(54.0), SIZE)
    assert filled.ids.tolist() == [0]
    np.testing.assert_allclose(filled.keypoints[0], POSE + np.array([52.0, 40.0]))
    assert filled.scores.tolist() == [0.5]
    assert not filled.visible.any()


def test_who_is_missing_nearer_to_one_neighbour_stands_nearer_to_it():
    filled = refine(one(50.0), NOBODY, one(55.0), SIZE, share=0.8)
    np.testing.assert_allclose(filled.keypoints[0], POSE + np.array([54.0, 40.0]))


def test_a_joint_that_only_the_middle_lacks_is_filled():
    middle = one(52.0)
    middle.keypoints[0, 1] = np.nan
    filled = refine(one(50.0), middle, one(54.0), SIZE)
    np.testing.assert_allclose(filled.keypoints[0], POSE + np.array([52.0, 40.0]))
    assert len(filled) == 1


def test_joints_that_a_neighbour_lacks_are_not():
    before = one(50.0)
    before.keypoints[0, 1] = np.nan
    assert np.isnan(refine(before, NOBODY, one(54.0), SIZE).keypoints[0, 1]).all()
    before.keypoints[0, 2] = np.nan
    assert len(refine(before, NOBODY, one(54.0), SIZE)) == 0  # two joints are nobody


def test_joints_that_a_neighbour_is_not_sure_of_are_not():
    before = one(50.0)
    before.joint_scores[0, 1] = 0.6
    filled = refine(before, NOBODY, one(54.0), SIZE)
    assert np.isfinite(filled.keypoints[0]).all(1).tolist() == [True, False, True, True]
    before.joint_scores[0, 2] = 0.6
    assert len(refine(before, NOBODY, one(54.0), SIZE)) == 0


@pytest.mark.parametrize("case", ["far", "outside", "ignored", "covered", "other"])
def test_nobody_is_filled(case):
    before, after, middle, ignore = one(50.0), one(54.0), NOBODY, ()
    if case == "far":
        after = one(70.0)
    if case == "outside":
        before, after = one(-6.0), one(-8.0)
    if case == "ignored":
        ignore = (np.array([[0.0, 0.0], [160, 0], [160, 120], [0, 120]]),)
    if case == "covered":
        middle = one(53.0, number=7)
    if case == "other":
        after = one(54.0, number=1)
    assert len(refine(before, middle, after, SIZE, ignore)) == len(middle)


def test_points_in_a_polygon():
    corner = np.array([[0.0, 0.0], [10, 0], [0, 10]])
    assert within(np.array([[2.0, 2.0], [8, 8], [-1, 1], [np.nan, 1]]), corner).tolist() == [True, False, False, False]


class Near(Similarity):
    def __call__(self, before, after):
        return 1 - cdist(before.people.keypoints[:, 0], after.people.keypoints[:, 0]) / 20


def run(found, memory=1):
    return list(RefinedTracker(OnlineTracker(Near(), Life(memory=memory))).track(frames(found)))


def test_triples_bridge_one_frame_and_fill_it():
    result = run([one(50.0), NOBODY, one(54.0), one(56.0)])
    assert [p.ids.tolist() for p in result] == [[0], [0], [0], [0]]


def test_triples_weigh_by_frame_numbers():
    found = [replace(s, number=n) for s, n in zip(frames([one(50.0), NOBODY, one(55.0)]), (0, 4, 5), strict=True)]
    (_, middle, _) = RefinedTracker(OnlineTracker(Near(), Life(memory=1))).track(found)
    np.testing.assert_allclose(middle.keypoints[0], POSE + np.array([54.0, 40.0]))


def test_first_and_last_frame_are_left_alone():
    assert [len(p) for p in run([one(50.0), NOBODY])] == [1, 0]
    assert [len(p) for p in run([one(50.0)])] == [1]
    assert run([]) == []


def test_the_result_is_of_the_sequence_alone():
    tracker = RefinedTracker(OnlineTracker(Near(), Life(memory=1)))
    found = [one(50.0), NOBODY, one(54.0)]
    results = [[p.ids.tolist() for p in tracker.track(frames(found))] for _ in range(2)]
    assert results[0] == results[1] == [[0], [0], [0]]
