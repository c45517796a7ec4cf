import dataclasses

import numpy as np
import pytest

from tests.training.rarity.people import make_people, without
from training.rarity.frame import frame_poses, impossible_limbs, mirrored, person_sizes, usual_sizes
from training.rarity.neighbours import build_references, joint_weights, neighbour_distance, reference_rows


@pytest.fixture(scope="module")
def table():
    return without(make_people(60, upside_down=3), list(range(0, 60, 4)), ["left_knee", "left_ankle", "right_wrist"])


def framed(table, given=True):
    rows = np.arange(len(table))
    return frame_poses(table, rows, usual_sizes(table, rows, given))


def by_hand(one, known, other, other_known, weights, hidden_weight):
    common = known & other_known
    if weights[common].sum() < 0.5 * weights[known].sum():
        return np.inf
    scale = np.array([1.0, 1.0, hidden_weight])
    squared = (((one - other) * scale) ** 2).sum(1)
    share = weights[known].sum() / len(weights)
    return np.sqrt((weights * squared)[common].sum() / weights[common].sum()) * share**0.25


@pytest.mark.parametrize("mirror", [True, False])
def test_is_the_kth_distance_worked_out_by_hand(table, mirror):
    poses = framed(table)
    poses.joints[5, 3, 2] = 1.0  # a hidden joint
    group = np.arange(len(table))
    references = build_references(poses, group, table.skeleton, 0.2, mirror)
    found = neighbour_distance(poses, group, references, 3)
    weights = joint_weights(poses.joints, poses.known, table.skeleton)
    flip = list(table.skeleton.flip)
    for row in (0, 5, 17, 59):
        all_distances = []
        for other in range(len(table)):
            candidates = [(poses.joints[other], poses.known[other])]
            if mirror:
                candidates.append((mirrored(poses.joints[other][None], table.skeleton)[0], poses.known[other][flip]))
            if other != row:
                all_distances += [by_hand(poses.joints[row], poses.known[row], j, k, weights, 0.2) for j, k in candidates]
        assert found[row] == pytest.approx(sorted(all_distances)[2], rel=1e-3, abs=1e-4)


def test_people_on_their_heads_are_far_from_the_others(table):
    poses = framed(table)
    group = np.arange(len(table))
    distance = neighbour_distance(poses, group, build_references(poses, group, table.skeleton, 0.2, True), 5)
    assert set(np.argsort(-distance)[:3]) == {57, 58, 59}


def test_a_mirrored_pose_is_the_same_pose(table):
    poses = framed(table)
    flipped = dataclasses.replace(
        poses, joints=mirrored(poses.joints, table.skeleton), known=poses.known[:, list(table.skeleton.flip)]
    )
    references = build_references(poses, np.arange(60), table.skeleton, 0.2, True)
    nobody = np.full(60, -1)
    one, other = (neighbour_distance(p, nobody, references, 4) for p in (poses, flipped))
    np.testing.assert_allclose(one, other, atol=2e-3)


def test_frames_of_one_person_are_not_compared(table):
    poses = framed(table)
    twice = type(poses)(np.concatenate([poses.joints, poses.joints]), np.concatenate([poses.known, poses.known]))
    alone, tracked = np.arange(120), np.tile(np.arange(60), 2)
    fooled, honest = (
        neighbour_distance(twice, group, build_references(twice, group, table.skeleton, 0.2, True), 1)
        for group in (alone, tracked)
    )
    assert fooled.max() < 5e-3
    assert honest.min() > 1e-2


def test_what_shares_too_little_with_all_others_is_not_judged():
    table = make_people(20)
    arms = [j for j in table.skeleton.keypoints if "wrist" not in j and "elbow" not in j]
    legs = [j for j in table.skeleton.keypoints if "ankle" not in j and "knee" not in j and "hip" not in j]
    table = without(without(table, list(range(1, 20)), arms), [0], legs)
    poses = framed(table)
    group = np.arange(20)
    distance = neighbour_distance(poses, group, build_references(poses, group, table.skeleton, 0.2, True), 1)
    assert np.isnan(distance[0])
    assert np.isfinite(distance[1:]).all()


def test_references_are_drawn_from_people_with_four_joints():
    annotated = np.ones((50, 6), bool)
    annotated[::2, 3:] = False
    rows = np.arange(50)
    assert reference_rows(annotated, rows, 1000, 0).tolist() == list(range(1, 50, 2))
    few = reference_rows(annotated, rows, 10, 0)
    assert len(few) == 10
    assert (few % 2 == 1).all()
    assert (np.diff(few) > 0).all()
    assert (reference_rows(annotated, rows, 10, 0) == few).all()
    assert reference_rows(annotated[::2], np.arange(25), 100, 0).tolist() == list(range(25))


def test_sizes_follow_from_limbs_where_the_scale_says_nothing():
    table = make_people(80)
    factor = np.random.default_rng(3).uniform(0.5, 2.0, 80)
    big = dataclasses.replace(table, keypoints=table.keypoints * factor[:, None, None])
    rows = np.arange(80)
    size = person_sizes(big, rows, usual_sizes(big, rows, given=False))
    np.testing.assert_allclose(size / factor / np.median(size / factor), 1.0, atol=0.12)
    measured = dataclasses.replace(big, scale=factor)
    np.testing.assert_allclose(person_sizes(measured, rows, usual_sizes(measured, rows, given=True)), 200 * factor)


def test_a_joint_on_somebody_else_makes_an_impossible_limb():
    table = make_people(40)
    keypoints = table.keypoints.copy()
    keypoints[7, table.skeleton.index("left_wrist")] += 150.0
    table = dataclasses.replace(table, keypoints=keypoints)
    rows = np.arange(40)
    assert np.flatnonzero(impossible_limbs(table, rows, usual_sizes(table, rows, given=True))).tolist() == [7]
