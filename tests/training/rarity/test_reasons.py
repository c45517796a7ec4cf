import dataclasses

import numpy as np
import pytest

from tests.training.rarity.people import make_people, turned, without
from training.rarity.frame import tilt, torso_vector
from training.rarity.model import fit_rarity
from training.rarity.reasons import CAUSES, crossed, explain_rare, stretched, uncrossed, upright
from training.rarity.settings import RareSettings


@pytest.fixture(scope="module")
def usual():
    return make_people(150)


def reason_of(person, usual, policy="neighbours"):
    model, _ = fit_rarity(usual, RareSettings(policy=policy, clusters=3, seeds=1), 0)
    reasons, gains = explain_rare(person, np.ones(1, bool), model.judge(person), model)
    return reasons[0], dict(zip(CAUSES, gains[0], strict=True))


@pytest.mark.parametrize("policy", ["neighbours", "thesis"])
def test_upside_down_is_orientation(usual, policy):
    _, gains = reason_of(make_people(1, seed=5), usual, policy)
    assert max(gains.values()) < 0.4  # a usual pose has no strong cause
    reason, gains = reason_of(turned(make_people(1, seed=5), 180.0), usual, policy)
    assert reason == "orientation"
    assert gains["orientation"] > 0.5


def test_a_short_torso_is_viewpoint(usual):
    person = make_people(1, seed=6)
    squeezed = person.keypoints.copy()
    squeezed[..., 1] = person.center[0, 1] + 0.3 * (squeezed[..., 1] - person.center[0, 1])
    assert reason_of(dataclasses.replace(person, keypoints=squeezed), usual)[0] == "viewpoint"


def test_crossed_legs_are_crossing(usual):
    person = make_people(1, seed=7)
    keypoints = person.keypoints.copy()
    left, right = ([person.skeleton.index(f"{side}_{j}") for j in ("knee", "ankle")] for side in ("left", "right"))
    keypoints[:, left + right] = keypoints[:, right + left]
    person = dataclasses.replace(person, keypoints=keypoints)
    assert crossed(person, ("knee", "ankle")).all()
    assert not crossed(uncrossed(person), ("knee", "ankle")).any()
    assert reason_of(person, usual)[0] == "crossing"


def test_a_missing_half_is_truncation_to_the_thesis(usual):
    legs = [f"{side}_{j}" for side in ("left", "right") for j in ("hip", "knee", "ankle")]
    person = without(make_people(1, seed=8), [0], legs)
    reason, gains = reason_of(person, usual, "thesis")
    assert reason == "truncation"
    assert gains["truncation"] > 0.5


def test_hidden_joints_are_occlusion(usual):
    person = make_people(1, seed=9)
    hidden = dataclasses.replace(person, visible=np.zeros_like(person.visible))
    seen = usual.visible.copy()
    seen[0, 0] = False
    assert reason_of(hidden, dataclasses.replace(usual, visible=seen))[0] == "occlusion"
    assert reason_of(hidden, usual)[1]["occlusion"] == 0  # flags that are the same everywhere say nothing of hidden joints


def test_arms_in_the_air_are_posture(usual):
    person = make_people(1, seed=10)
    keypoints = person.keypoints.copy()
    for side in ("left", "right"):
        shoulder, elbow, wrist = (person.skeleton.index(f"{side}_{j}") for j in ("shoulder", "elbow", "wrist"))
        for joint in (elbow, wrist):
            keypoints[:, joint] = 2 * keypoints[:, shoulder] - keypoints[:, joint]
    assert reason_of(dataclasses.replace(person, keypoints=keypoints), usual)[0] == "posture"


@pytest.mark.parametrize("degrees", [-150.0, -30.0, 0.0, 75.0, 179.0])
def test_upright_turns_back(degrees):
    person = make_people(6, seed=11)
    start = tilt(person)
    there = turned(person, degrees)
    np.testing.assert_allclose(np.rad2deg(np.angle(np.exp(1j * (tilt(there) - start)))), degrees, atol=1e-6)
    np.testing.assert_allclose(tilt(upright(there)), 0.0, atol=1e-9)


def test_stretching_gives_the_torso_its_length_and_leaves_longer_ones():
    people = make_people(4)
    length = np.linalg.norm(torso_vector(people)[0], axis=1)
    wanted = np.array([2.0, 1.5, 1.0, 0.5]) * length
    after = np.linalg.norm(torso_vector(stretched(people, wanted))[0], axis=1)
    np.testing.assert_allclose(after, np.maximum(wanted, length), rtol=1e-6)


def test_only_rare_people_get_reasons(usual):
    model, judged = fit_rarity(usual, RareSettings(clusters=3, seeds=1), 0)
    rare = np.arange(len(usual)) < 4
    reasons, gains = explain_rare(usual, rare, judged, model)
    assert (reasons[~rare] == "").all()
    assert (reasons[rare] != "").all()
    assert gains.shape == (4, len(CAUSES))
    assert explain_rare(usual, np.zeros(len(usual), bool), judged, model)[1].shape == (0, len(CAUSES))


def test_without_a_torso_nothing_is_turned():
    people = without(make_people(2), [0], ["left_hip", "right_hip"])
    assert np.isnan(tilt(people)[0])
    assert (upright(people).keypoints[0] == people.keypoints[0]).all()
