import dataclasses

import numpy as np
import pytest

from tests.training.rarity.people import make_people, make_table
from training.fill.choose import choose_evenly
from training.rarity.model import RarityModel, fit_rarity
from training.rarity.settings import RareSettings

PLAIN = RareSettings(clusters=4, seeds=1, map_people=0, sweep=False)


@pytest.fixture(scope="module")
def people():
    return make_people(80, upside_down=6)


@pytest.fixture(scope="module")
def model(people) -> RarityModel:
    return fit_rarity(people, PLAIN, 0)[0]


def waving(angles):
    """People who stand with the left arm at an angle (rad)."""
    table = make_people(1)
    skeleton, shoulder = table.skeleton, table.keypoints[0, table.skeleton.index("left_shoulder")]
    keypoints = np.repeat(table.keypoints, len(angles), 0)
    for row, angle in enumerate(angles):
        for name, reach in (("left_elbow", 40.0), ("left_wrist", 80.0)):
            keypoints[row, skeleton.index(name)] = shoulder + reach * np.array([np.cos(angle), np.sin(angle)])
    return make_table(keypoints)


def weights(model):
    return model.references.joint_weights


def test_the_farthest_is_taken_first_and_all_are_covered_evenly(model):
    angles = np.linspace(-1.5, 1.5, 61)
    there = waving(angles[:1])
    chosen = choose_evenly(waving(angles), 4, there, model, weights(model))
    assert chosen.rows[0] == chosen.before.argmax()
    assert chosen.before[0] < 1e-3  # it is there already; a single product of float32
    assert (chosen.after <= chosen.before).all()
    assert chosen.after[chosen.rows].max() == 0
    gaps = np.diff([angles[0], *np.sort(angles[chosen.rows]), angles[-1]])
    assert gaps.max() < 0.9  # of 3 rad
    assert chosen.after.max() < 0.4 * chosen.before.max()


def test_more_are_the_same_ones_and_some_more(model):
    angles, there = np.linspace(-1.5, 1.5, 40), waving(np.array([0.0]))
    few, many = (choose_evenly(waving(angles), n, there, model, weights(model)) for n in (3, 9))
    assert few.rows.tolist() == many.rows[:3].tolist()
    assert len(set(many.rows.tolist())) == 9
    assert len(choose_evenly(waving(angles), 99, there, model, weights(model)).rows) == 40


def test_a_mirror_image_of_somebody_who_is_there_is_there_too(people, model):
    candidates = waving(np.array([0.3, 1.2]))
    flip = list(candidates.skeleton.flip)
    middle = candidates.keypoints[:1].mean(1, keepdims=True)
    seen = (candidates.keypoints[:1] - middle) * [-1, 1] + middle
    mirrored = make_table(seen[:, flip])
    chosen = choose_evenly(candidates, 1, mirrored, model, weights(model))
    assert chosen.before[0] < 1e-3
    assert chosen.rows.tolist() == [1]
    told_apart = fit_rarity(people, PLAIN.model_copy(update={"mirror": False}), 0)[0]
    assert choose_evenly(candidates, 1, mirrored, told_apart, weights(told_apart)).before[0] > 0.02


def test_joints_that_nobody_annotated_do_not_count(model):
    angles = np.array([0.4, 1.4])
    there = waving(angles[:1])
    lost = there.annotated.copy()
    lost[0, there.skeleton.index("right_ankle")] = False
    keypoints = np.where(lost[..., None], there.keypoints, 0.0)
    there = dataclasses.replace(there, annotated=lost, visible=lost, keypoints=keypoints)
    chosen = choose_evenly(waving(angles), 2, there, model, weights(model))
    assert chosen.before[0] < 0.4 * chosen.before[1]  # its own middle lies elsewhere without the ankle
    assert chosen.rows.tolist() == [1, 0]
