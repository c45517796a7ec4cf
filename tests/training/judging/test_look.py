"""Statistics of a set, and rules that find annotations which are probably wrong."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from smpl_assets.pose_table import PoseTable
from tests.training.rarity.people import make_people, turned, without
from training.judging.mistakes import MISTAKES, suspected_mistakes
from training.judging.statistics import SECTORS, rose, statistics


def changed(table: PoseTable, row: int, **places: tuple[float, float] | str) -> PoseTable:
    """One person with joints elsewhere: at a place, or where another joint is."""
    points = table.keypoints.copy()
    for joint, place in places.items():
        there = table.keypoints[row, table.skeleton.index(place)] if isinstance(place, str) else place
        points[row, table.skeleton.index(joint)] = there
    return dataclasses.replace(table, keypoints=points)


def found(table: PoseTable) -> dict[str, list[int]]:
    return {name: rows.tolist() for name, rows in suspected_mistakes(table).items() if len(rows)}


@pytest.fixture
def people():
    return make_people(40, skeleton="coco17")


def test_usual_people_and_people_on_their_heads_are_not_suspected(people):
    assert found(people) == {}
    assert found(turned(people, 180)) == {}


@pytest.mark.parametrize(
    ("places", "rule"),
    [
        ({"left_hip": "right_hip", "right_hip": "left_hip"}, "hips against shoulders"),
        ({"left_eye": "right_eye", "right_eye": "left_eye"}, "eyes against shoulders"),
        ({"left_wrist": (390.0, 390.0)}, "limb too long"),
        ({"left_knee": "right_knee"}, "joints in one place"),
    ],
)
def test_each_rule_finds_its_mistake(people, places, rule):
    assert found(changed(people, 7, **places)) == {rule: [7]}
    assert rule in MISTAKES


def test_a_person_annotated_twice(people):
    image = people.image.copy()
    image[5] = 4
    points = people.keypoints.copy()
    points[5] = points[4] + 0.5
    twice = dataclasses.replace(people, image=image, keypoints=points)
    assert found(twice) == {"annotated twice": [5]}
    assert found(dataclasses.replace(twice, image=people.image)) == {}  # alike on two images


def test_statistics_by_hand():
    table = without(make_people(10, upside_down=3, skeleton="coco17"), [0, 1], ["left_wrist"])
    box = table.bbox_xywh.copy()
    box[1, 0] = 0
    table = dataclasses.replace(table, bbox_xywh=box, area=np.array([100.0, 5000.0] + [20000.0] * 8))
    values = statistics(table)
    assert (values["people"], values["with_joints"], values["images"], values["upside_down"]) == (10, 10, 10, 3)
    assert values["sizes"] == {"small": 1, "medium": 1, "large": 8}
    assert (values["incomplete"], values["truncated"]) == (2, 1)
    wrist = next(j for j in values["joints"] if j["name"] == "left_wrist")
    assert (wrist["seen"], wrist["hidden"]) == (0.8, 0.0)
    assert values["joints_per_person"][16:] == [2, 8]
    assert (values["rose"][0], values["rose"][SECTORS // 2]) == (7, 3)


def test_the_rose_turns_clockwise_from_upright():
    assert np.flatnonzero(rose(np.array([0.05, -0.05, np.pi / 2, np.pi, -np.pi]))).tolist() == [0, 6, 12]
