"""Tracks: matching, birth, memory, death."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from smpl_assets.errors import StageError
from tests.training.tracking.crowd import frames, people
from training.tracking import online
from training.tracking.associate import match
from training.tracking.online import OnlineTracker
from training.tracking.online_settings import Life
from training.tracking.people import UNTRACKED
from training.tracking.tracker import Similarity


class Near(Similarity):
    """People of one joint: 1 at no distance, 0 at ten px."""

    def __call__(self, before, after):
        return 1 - cdist(before.expected(after.number).keypoints[:, 0], after.people.keypoints[:, 0]) / 10


def ids(places, **life):
    """The ids of people of one joint at these x, frame by frame."""
    found = [people(np.array([[[x, 0.0]] for x in row]).reshape(-1, 1, 2)) for row in places]
    return [p.ids.tolist() for p in OnlineTracker(Near(), Life(**life)).track(frames(found))]


def test_people_keep_their_ids_whatever_their_order():
    assert ids([[0, 50], [51, 1], [2, 52]]) == [[0, 1], [1, 0], [0, 1]]


def test_a_lost_person_comes_back_within_the_memory_only():
    assert ids([[0], [], [], [1]], memory=2) == [[0], [], [], [0]]
    assert ids([[0], [], [], [1]], memory=1) == [[0], [], [], [1]]


def test_memory_zero_is_pairs_of_frames():
    assert ids([[0], [], [1]], memory=0) == [[0], [], [1]]


def test_tracks_seen_last_choose_first():
    assert ids([[0, 20], [20], [1, 20]]) == [[0, 1], [1], [0, 1]]


def test_two_tracks_do_not_share_a_person_and_newcomers_are_born():
    assert ids([[0, 4], [2], [2, 90]], memory=0) == [[0, 1], [0], [0, 2]]


def test_weak_people_begin_no_track_but_go_on_with_one():
    weak = [people([[[0, 0]], [[40, 0]]], scores=[0.9, 0.2]), people([[[1, 0]], [[40, 0]]], scores=[0.1, 0.2])]
    found = list(OnlineTracker(Near(), Life(birth=0.3)).track(frames(weak)))
    assert [p.ids.tolist() for p in found] == [[0, UNTRACKED], [0, UNTRACKED]]


def test_nothing_is_left_of_the_sequence_before():
    tracker = OnlineTracker(Near(), Life())
    once = frames([people([[[0, 0]]])])
    assert [[p.ids.tolist() for p in tracker.track(once)] for _ in range(2)] == [[[0]], [[0]]]


def test_more_ids_than_poseval_takes_are_refused(monkeypatch):
    monkeypatch.setattr(online, "MOST_IDS", 2)
    with pytest.raises(StageError, match="more than 2 tracks by frame 0"):
        ids([[0, 20, 40]])


def test_hungarian_takes_the_best_sum_and_greedy_the_best_pair():
    score = np.array([[0.9, 0.8], [0.8, 0.1]])
    assert match(score, 0.0).tolist() == [1, 0]
    assert match(score, 0.0, "greedy").tolist() == [0, 1]


@pytest.mark.parametrize("matching", ["hungarian", "greedy"])
def test_forbidden_pairs_are_never_matched(matching):
    score = np.array([[-np.inf, 0.05], [np.nan, -np.inf]])
    assert match(score, 0.05, matching).tolist() == [-1, -1]
    assert match(np.empty((2, 0)), 0.05, matching).tolist() == [-1, -1]


def test_a_forbidden_pair_costs_no_allowed_one():
    assert match(np.array([[0.3, -np.inf], [0.9, 0.9]]), 0.0).tolist() == [0, 1]


def test_with_motion_people_are_looked_for_where_their_way_leads():
    crossing = [[0, 10], [4, 6], [8, 2], [12, -2]]  # two people pass through one another
    assert ids(crossing) == [[0, 1], [0, 1], [1, 0], [1, 0]]
    assert ids(crossing, motion=1) == [[0, 1]] * 4


def test_with_motion_who_turns_round_is_taken_for_another():
    turning = [[-12], [-6], [0], [-6], [-12]]
    assert ids(turning) == [[0]] * 5
    assert ids(turning, motion=1) == [[0], [0], [0], [1], [1]]


def test_a_way_is_that_of_common_joints_per_frame_number():
    """Over a frame in which nobody was found, and with joints that only one of the frames has."""
    start, later = [[[0, 0], [20, 0]]], [[[6, 0], [np.nan, np.nan]]]
    found = [people(start), people(np.empty((0, 2, 2))), people(later), people([[[9, 0], [29, 0]]])]
    tracker = OnlineTracker(Near(), Life(motion=0.5))
    assert [p.ids.tolist() for p in tracker.track(frames(found))] == [[0], [], [0], [0]]
    assert [f.ways.tolist() if f.led.all() else None for f in tracker._frames] == [None, [], [[1.5, 0]], [[1.5, 0]]]
    (_, _, third, _) = tracker._frames
    assert third.expected(5).keypoints[0, 0].tolist() == [10.5, 0]
    assert third.people.keypoints[0, 0].tolist() == [6, 0]


def test_without_motion_nobody_is_expected_to_move():
    tracker = OnlineTracker(Near(), Life())
    list(tracker.track(frames([people([[[0, 0]]]), people([[[3, 0]]])])))
    assert all(f.ways is None and f.expected(9) is f.people for f in tracker._frames)
