"""Peaks and grouping: places, ties, joint NMS, people that come back from their own maps, a reference in loops."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from smpl_assets.skeletons import SKELETONS
from training.tracking.associate import greedy
from training.tracking.decode import decode
from training.tracking.decode_settings import DecodeSettings
from training.tracking.grouping import limb_scores
from training.tracking.peaks import Peaks, find_peaks, find_peaks_upsampled
from training.tracking.skeleton_limbs import limbs_of
from training.tracking.targets import Grid, affinity, heatmaps

PERSON = limbs_of(SKELETONS["posetrack15"])
GRID = Grid(36, 64, 4)
SIZE = (256, 144)
STANDING = np.array([
    [-8, 90], [-7, 62], [-6, 34], [6, 34], [7, 62], [8, 90], [-16, 36], [-15, 18], [-10, 0], [10, 0], [15, 18], [16, 36], [0, -4],
    [0, -14], [0, -26],
], float)  # fmt: skip


def crowd(*at):
    """People who stand with their necks at these places."""
    return np.stack([STANDING + np.array(place) for place in at]) if at else np.zeros((0, 15, 2))


def maps_of(keypoints):
    points = torch.tensor(keypoints[None], dtype=torch.float32)
    return heatmaps(points, GRID, 5.0)[0], affinity(points, PERSON, GRID, 4.0)[0]


def found(keypoints, **options):
    heat, field = maps_of(keypoints)
    return decode(heat, field, PERSON, 4, SIZE, DecodeSettings(**options), 0.25)


def nearest(people, keypoints):
    """Greatest error of joints, px, to the nearest person each."""
    gaps = np.linalg.norm(people.keypoints[:, None] - keypoints, axis=3).max(2)
    return gaps.min(0)


def test_people_come_back_from_their_own_maps():
    truth = crowd((40.3, 40.7), (120.9, 42.2), (200.1, 38.4))
    people = found(truth)
    assert len(people) == 3
    assert nearest(people, truth).max() < 0.6
    assert (people.scores > 1).all()
    assert (people.joint_scores > 0.85).all()


def test_crossing_people_are_told_apart_by_their_limbs():
    truth = crowd((100.0, 40.0), (126.0, 44.0))
    people = found(truth)
    assert len(people) == 2
    assert nearest(people, truth).max() < 1.5


def test_nobody_is_nobody():
    assert len(found(crowd())) == 0
    zeros = torch.zeros(16, 36, 64)
    assert len(decode(zeros, torch.zeros(28, 36, 64), PERSON, 4, SIZE, DecodeSettings(), 0.1)) == 0


def test_a_joint_that_is_not_there_is_nan_and_has_no_score():
    truth = crowd((100.0, 40.0))
    truth[0, 0] = np.nan
    people = found(truth)
    assert np.flatnonzero(~people.present[0]).tolist() == [0]
    assert people.joint_scores[0, 0] == 0


def test_fewer_joints_than_asked_for_are_nobody():
    truth = crowd((100.0, 40.0))
    truth[0, 3:] = np.nan
    assert len(found(truth)) == 1
    assert len(found(truth, least_joints=4)) == 0


def test_a_peak_lies_between_cells_where_the_joint_does():
    heat = heatmaps(torch.tensor([[[[30.7, 21.3]]]]), Grid(12, 16, 4), 5.0)[0, :1].numpy()
    peaks = find_peaks(heat, 4, 0.1, (64, 48))
    assert np.abs(peaks.places[0] - [30.7, 21.3]).max() < 0.25


@pytest.mark.parametrize(("stride", "sigma", "apart", "error"), [(4, 5.0, 0.3, 0.05), (8, 7.0, 0.5, 0.35)])
def test_upsampled_maps_have_their_peaks_where_the_joints_are(stride, sigma, apart, error):
    """A parabola is not a Gaussian's shape: of one of .9 cells, as at stride 8, it is off by up to .7 px, and upsampling less."""
    rng = np.random.default_rng(0)
    places = np.stack([np.linspace(25, 231, 6), rng.uniform(30, 110, 6)], 1)[None, :, None]
    heat = heatmaps(torch.tensor(places, dtype=torch.float32), Grid(144 // stride, 256 // stride, stride), sigma)[0, :1].numpy()
    found = [find(heat, stride, 0.1, SIZE) for find in (find_peaks, find_peaks_upsampled)]
    assert [len(p) for p in found] == [6, 6]
    one, other = (p.places[np.argsort(p.places[:, 0])] for p in found)
    assert np.linalg.norm(one - other, axis=1).max() < apart
    assert np.linalg.norm(other - places[0, :, 0], axis=1).max() < error
    assert found[1].scores.min() > 0.9


def test_people_of_upsampled_maps_are_the_same():
    truth = crowd((40.3, 40.7), (120.9, 42.2), (200.1, 38.4))
    people, fine = found(truth), found(truth, upsample=True)
    assert len(fine) == 3
    assert nearest(fine, truth).max() < 0.6
    assert nearest(fine, people.keypoints).max() < 0.4
    assert len(found(crowd(), upsample=True)) == 0


def test_of_equal_cells_the_first_is_the_peak_and_the_padding_has_none():
    heat = np.zeros((1, 5, 6))
    heat[0, 2, 2:4] = 0.8
    heat[0, 4, 5] = 0.9
    peaks = find_peaks(heat, 4, 0.1, (20, 20))
    assert len(peaks) == 1
    assert peaks.places[0].tolist() == [pytest.approx(12.0), 10.0]


def test_joint_nms_keeps_the_higher_of_two_peaks():
    heat = np.zeros((2, 5, 9))
    heat[0, 2, 1], heat[0, 2, 4], heat[1, 2, 2] = 0.8, 0.9, 0.7
    assert len(find_peaks(heat, 4, 0.1, (36, 20))) == 3
    near = find_peaks(heat, 4, 0.1, (36, 20), apart=13.0)
    assert near.scores.tolist() == [0.9, 0.7]


def test_of_two_people_in_one_place_the_weaker_goes():
    truth = crowd((100.0, 40.0))
    people = found(np.concatenate([truth, truth + 0.1]))
    assert len(people) == 1


def reference_limb(first, second, field, height):
    """A pair's score, point by point, straight from OpenPose's words."""
    way = second - first
    length = np.hypot(*way)
    if length == 0:
        return -np.inf
    values = [bilinear(field, first + way * n / 9) @ way / length for n in range(10)]
    score = np.mean(values) + min(0, 0.5 * height / length - 1)
    return score if score > 0 and sum(v > 0.05 for v in values) >= 8 else -np.inf


def bilinear(field, place, stride=4):
    """(2,) of a field (2, rows, columns) at a place in px, beyond the outermost centres as there."""
    column, row = (np.clip(p / stride - 0.5, 0, n - 1) for p, n in zip(place, field.shape[:0:-1], strict=True))
    left, top = int(min(column, field.shape[2] - 2)), int(min(row, field.shape[1] - 2))
    x, y = column - left, row - top
    corners = field[:, top : top + 2, left : left + 2]
    return np.einsum("cyx,y,x->c", corners, [1 - y, y], [1 - x, x])


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 14))
def test_limb_scores_are_those_of_loops(seed, count):
    draw = np.random.default_rng(seed)
    field = draw.uniform(-1, 1, (28, 6, 8)) + 0.5
    joints = np.sort(draw.integers(0, 15, count))
    peaks = Peaks(draw.uniform(-4, 36, (count, 2)), joints, draw.uniform(0.3, 1, count))
    score, rows, _columns = limb_scores(peaks, torch.from_numpy(field), PERSON, 4, 24)
    for limb, (a, b) in enumerate(PERSON.pairs):
        uppers, lowers = np.flatnonzero(joints == a), np.flatnonzero(joints == b)
        assert rows[limb, : len(uppers)].tolist() == uppers.tolist()
        for n, i in enumerate(uppers):
            for m, j in enumerate(lowers):
                expected = reference_limb(peaks.places[i], peaks.places[j], field[2 * limb : 2 * limb + 2], 24)
                assert score[limb, n, m] == pytest.approx(expected, abs=1e-6)
        assert (score[limb, len(uppers) :] == -np.inf).all()
        assert (score[limb, :, len(lowers) :] == -np.inf).all()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 6), st.integers(0, 6))
def test_greedy_is_the_loop_over_sorted_pairs(seed, rows, columns):
    draw = np.random.default_rng(seed)
    score = draw.integers(0, 4, (2, rows, columns)) / 4  # with ties
    score[draw.random(score.shape) < 0.3] = -np.inf
    taken = greedy(score)
    for table, pairs in zip(score, taken, strict=True):
        order = sorted(np.ndindex(rows, columns), key=lambda at: -table[at])
        used: list[set[int]] = [set(), set()]
        expected = np.zeros((rows, columns), bool)
        for a, b in order:
            if np.isfinite(table[a, b]) and a not in used[0] and b not in used[1]:
                used[0].add(a)
                used[1].add(b)
                expected[a, b] = True
        assert (pairs == expected).all()
