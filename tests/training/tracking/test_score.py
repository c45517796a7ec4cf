"""The association score against loops written from the equations (5.4 to 5.6)."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from smpl_assets.skeletons import SKELETONS
from tests.training.tracking.crowd import people
from tests.training.tracking.test_decode import bilinear
from training.tracking.score import combined, distances, flow_score, joint_fields
from training.tracking.score_settings import ScoreSettings
from training.tracking.skeleton_limbs import limbs_of

SKELETON = SKELETONS["posetrack15"]
PERSON = limbs_of(SKELETON)


def reference_flow(first, second, flow, still=1.0):
    """S_T of one pair with the maps of limbs (2 limbs, rows, columns)."""
    values = []
    for joint in range(15):
        start, end = first[joint], second[joint]
        if np.isnan(start).any() or np.isnan(end).any():
            continue
        way = end - start
        length = np.hypot(*way)
        limbs = [n for n, pair in enumerate(PERSON.pairs) if joint in pair]
        points = [
            np.mean([bilinear(flow[2 * n : 2 * n + 2], start + way * k / 9) for n in limbs], 0) @ way / length for k in range(10)
        ]
        values.append(np.mean(points) if length >= still else 0.0)
    return np.mean(values) if values else 0.0


def reference_distance(first, second, torso):
    gaps = np.linalg.norm(first - second, axis=1)
    names = np.isin(SKELETON.keypoints, ("left_shoulder", "right_shoulder", "left_hip", "right_hip"))
    used = np.isfinite(gaps) & names if torso and (np.isfinite(gaps) & names).any() else np.isfinite(gaps)
    if not used.any():
        return np.inf
    tall = [max(8.0, np.max(np.nanmax(k, 0) - np.nanmin(k, 0))) for k in (first, second)]
    return gaps[used].mean() / np.mean(tall)


def drawn(draw, count):
    keypoints = draw.uniform(-5, 45, (count, 1, 2)) + draw.normal(0, 8, (count, 15, 2))
    keypoints[draw.random((count, 15)) < 0.3] = np.nan
    keypoints[draw.random(count) < 0.1] = np.nan
    return keypoints


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 4), st.integers(0, 4))
@pytest.mark.filterwarnings("ignore:All-NaN")
def test_scores_are_those_of_loops(seed, before, after):
    draw = np.random.default_rng(seed)
    first, second, flow = drawn(draw, before), drawn(draw, after), draw.uniform(-1, 1, (28, 8, 10))
    if before and after:
        second[0, 3] = first[0, 3] + 0.1  # a joint that stands still
    fields = joint_fields(torch.from_numpy(flow), "limbs", PERSON)
    score = flow_score(first, second, fields, 4, 1.0)
    shown = people(first), people(second)
    parts = [distances(*shown, SKELETON, over) for over in ("joints", "torso")]
    for i in range(before):
        for j in range(after):
            assert score[i, j] == pytest.approx(reference_flow(first[i], second[j], flow), abs=1e-6)
            assert parts[0][i, j] == pytest.approx(reference_distance(first[i], second[j], False), abs=1e-6)
            assert parts[1][i, j] == pytest.approx(reference_distance(first[i], second[j], True), abs=1e-6)


def test_fields_of_the_other_heads():
    flow = torch.arange(30.0).view(30, 1, 1).expand(30, 2, 2)
    assert joint_fields(flow, "joints", PERSON)[4, :, 0, 0].tolist() == [8.0, 9.0]
    assert joint_fields(flow[:2], "accumulated", PERSON)[4, :, 0, 0].tolist() == [0.0, 1.0]


def test_alpha_zero_ranks_as_the_distance_and_alpha_one_as_the_flow():
    distance, flow = np.array([[0.1, 0.4, 1.2]]), np.array([[-0.2, 0.9, 0.3]])
    for mapping in ("linear", "exp", "gauss"):
        near = combined(None, distance, ScoreSettings(alpha=0, mapping=mapping))
        assert np.argsort(-near[0]).tolist() == [0, 1, 2]
    assert combined(flow, distance, ScoreSettings(alpha=1))[0].tolist() == [-0.2, 0.9, 0.3]


def test_mappings_at_known_distances():
    half = np.array([[0.5]])
    assert combined(None, half, ScoreSettings(alpha=0, reach=1))[0, 0] == 0.5
    assert combined(None, half, ScoreSettings(alpha=0))[0, 0] == 0.75
    assert combined(None, half, ScoreSettings(alpha=0, mapping="exp", reach=1))[0, 0] == pytest.approx(np.exp(-5 / 3))
    assert combined(None, half, ScoreSettings(alpha=0, mapping="gauss", reach=1))[0, 0] == pytest.approx(np.exp(-25 / 18))


def test_people_beyond_the_gate_or_without_a_common_joint_cannot_be_one():
    distance = np.array([[1.4, 1.6, np.inf]])
    assert np.isfinite(combined(None, distance, ScoreSettings(alpha=0))).tolist() == [[True, False, False]]
