"""People whose table knows their boxes alone, as large as the training set has them."""

import dataclasses

import numpy as np
import pytest

from tests.training.rarity.people import make_people, without
from training.rarity.frame import person_sizes
from training.rarity.model import fit_rarity
from training.rarity.settings import RareSettings

RULES = RareSettings(clusters=3, seeds=1, map_people=0)


@pytest.fixture(scope="module")
def people():
    """People of several sizes, whose scale a set such as MPII has measured by their heads."""
    return larger(make_people(120, upside_down=8))


def larger(people):
    factor = np.linspace(0.5, 2.0, len(people))
    box = people.bbox_xywh * factor[:, None]
    keypoints = people.keypoints * factor[:, None, None]
    return dataclasses.replace(
        people, keypoints=keypoints, scale=factor, bbox_xywh=box, center=box[:, :2] + box[:, 2:] / 2, area=box[:, 2] * box[:, 3]
    )


def boxed(people):
    return dataclasses.replace(people, scale=people.bbox_xywh[:, 2:].max(1) / 200, center=people.center + 7)


def test_heads_give_the_scale_that_the_set_measures(people):
    model, judged = fit_rarity(people, RULES, 0)
    assert model.sizes.given
    renders = boxed(people)
    assert np.abs(renders.scale / people.scale - 1).max() > 0.1
    found = model.sized(renders)
    np.testing.assert_allclose(found.scale, people.scale, rtol=0.25)
    middle = people.bbox_xywh[:, :2] + people.bbox_xywh[:, 2:] / 2
    np.testing.assert_allclose(found.center[:, 0], middle[:, 0])
    np.testing.assert_allclose(found.center[:, 1] + 15 * found.scale, middle[:, 1])
    own = np.arange(len(people))
    assert np.median(np.abs(model.judge(found, own).score - judged.score)) < 0.5 * np.median(
        np.abs(model.judge(renders, own).score - judged.score)
    )


def test_who_has_no_head_gets_the_box_s_scale_as_the_others_relate_to_it(people):
    model, _ = fit_rarity(people, RULES, 0)
    headless = without(boxed(people), [3, 90], ["head_top"])
    quotient = model.sized(headless).scale / headless.scale
    assert quotient[3] == quotient[90] == pytest.approx(np.median(np.delete(quotient, [3, 90])), rel=0.02)


def test_a_set_that_measures_nobody_sizes_people_by_their_limbs(people):
    model, _ = fit_rarity(boxed(people), RULES, 0)
    assert not model.sizes.given
    sizes = person_sizes(people, np.arange(len(people)), model.sizes)
    np.testing.assert_allclose(sizes / sizes.mean(), people.scale / people.scale.mean(), rtol=0.1)
    found = model.sized(dataclasses.replace(people, scale=np.ones(len(people))))
    np.testing.assert_allclose(found.scale, boxed(people).scale)


def test_other_frames_than_mpii_s_need_no_scale():
    people = make_people(40, skeleton="coco17")
    model, _ = fit_rarity(people, RULES, 0)
    assert model.sized(people) is people
