"""PCP, PDJ, within a share of the height and presence against values worked out by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from pydantic import ValidationError

from smpl_assets.errors import InputError
from smpl_assets.pose_table import ImageTable, PoseTable
from smpl_assets.skeletons import Skeleton, get_skeleton
from tests.training.figures import boxed_poses, standing, table_of
from training.evaluate_settings import EvaluateSettings
from training.limits import require_metric
from training.metrics.bootstrap import point
from training.metrics.match import match_people
from training.metrics.measures import Measure, build_measure
from training.metrics.parts import limbs_of
from training.metrics.pck import torso_lengths

SETTINGS = EvaluateSettings()


def people(name: str = "lsp14", count: int = 1) -> PoseTable:
    skeleton = get_skeleton(name)
    points = np.repeat(standing(skeleton)[None] * 100, count, 0)
    return table_of(skeleton, points, ImageTable.of([f"{i}.png" for i in range(count)]))


def measure(name: str, table: PoseTable, predicted: np.ndarray, score: float | np.ndarray = 1.0, **settings: object) -> Measure:
    poses = boxed_poses(table, predicted, np.ones(len(table)))
    poses = dataclasses.replace(poses, joint_score=np.broadcast_to(np.asarray(score, float), predicted.shape[:2]).copy())
    built = build_measure(name, table, [match_people(poses, table)], SETTINGS.model_copy(update=settings))
    assert isinstance(built, Measure), built
    return built


def figure(built: Measure) -> float:
    return point(built.statistic(np.ones(len(built.counts), bool)))


def test_pcp_has_ten_parts_of_lsp() -> None:
    limbs = limbs_of(get_skeleton("lsp14"))
    assert [limb.group for limb in limbs].count("upper arm") == 2
    assert len(limbs) == 10
    assert len(limbs_of(get_skeleton("coco17"))) == 9  # no head segment
    assert len(limbs_of(Skeleton("dog", ("a", "b", "c"), (("a", "b"), ("b", "c"))))) == 2


def test_pcp_by_hand() -> None:
    """An elbow that is off by half the upper arm counts for it, not for the shorter forearm; a lost wrist costs one limb."""
    table = people()
    shoulder, elbow, wrist = (table.skeleton.index(f"left_{n}") for n in ("shoulder", "elbow", "wrist"))
    upper = np.linalg.norm(table.keypoints[0, shoulder] - table.keypoints[0, elbow])
    fore = np.linalg.norm(table.keypoints[0, elbow] - table.keypoints[0, wrist])
    assert fore < upper
    predicted = table.keypoints.copy()
    predicted[0, elbow, 0] += 0.5 * upper - 1e-9
    predicted[0, table.skeleton.index("right_wrist")] += 300
    built = measure("pcp", table, predicted)
    assert built.title == "PCP@0.5"
    assert figure(built) == pytest.approx(80.0)
    details = built.details(np.ones(1, bool))
    assert {n: details[n] for n in ("torso", "head", "upper arm", "lower arm")} == {
        "torso": 100, "head": 100, "upper arm": 100, "lower arm": 0,
    }  # fmt: skip
    assert built.per_person() == pytest.approx([0.8])
    predicted[0, elbow, 0] += 1e-6
    assert figure(measure("pcp", table, predicted)) == pytest.approx(70.0)


def test_pcp_counts_limbs_that_are_annotated() -> None:
    table = people()
    annotated = table.annotated.copy()
    annotated[0, table.skeleton.index("left_hip")] = False  # torso and upper leg
    table = dataclasses.replace(table, annotated=annotated)
    assert measure("pcp", table, table.keypoints).statistic(np.ones(1, bool)).counted.tolist() == [8]


def test_pdj_is_pck_over_a_range_with_its_curve() -> None:
    """13 joints hit; one is off by 0.22 of the torso, so it counts from 0.25 on."""
    table = people()
    predicted = table.keypoints.copy()
    predicted[0, 0, 0] += 0.22 * torso_lengths(table)[0]
    built = measure("pdj", table, predicted, pdj_thresholds=(0.1, 0.2, 0.25, 0.3))
    assert built.title == "PDJ@0.1-0.3"
    assert built.details(np.ones(1, bool)) == pytest.approx({"@0.1": 1300 / 14, "@0.2": 1300 / 14, "@0.25": 100, "@0.3": 100})
    assert figure(built) == pytest.approx(100 * (13 + 13 + 14 + 14) / 4 / 14)
    pck = measure("pck", table, predicted)
    assert built.details(np.ones(1, bool))["@0.2"] == pytest.approx(figure(pck))


def test_within_a_twelfth_of_the_height() -> None:
    """The square about the box has the longer side of it."""
    table = people()
    side = float(table.bbox_xywh[0, 2:].max())
    predicted = table.keypoints.copy()
    predicted[0, 0, 0] += side / 12 - 1e-9
    predicted[0, 1, 0] += side / 12 + 1e-6
    built = measure("within", table, predicted)
    assert built.title == "within 1/12 of the height"
    assert figure(built) == pytest.approx(1300 / 14)


def test_presence_by_hand_beside_the_constant_answer() -> None:
    """Of 28 joints 4 are absent; the network calls one of them present and one present joint absent."""
    table = people(count=2)
    annotated = table.annotated.copy()
    annotated[0, :4] = False
    table = dataclasses.replace(table, annotated=annotated)
    score = np.where(annotated, 0.9, 0.1)
    score[0, 0], score[1, 5] = 0.6, 0.4
    built = measure("presence", table, table.keypoints, score)
    rows = np.ones(2, bool)
    assert figure(built) == pytest.approx(100 * 26 / 28)
    assert built.details(rows)["always present"] == pytest.approx(100 * 24 / 28)
    assert built.per_person() == pytest.approx([13 / 14, 13 / 14])
    assert figure(measure("presence", table, table.keypoints, score, presence_threshold=0.65)) == pytest.approx(100 * 27 / 28)


def test_presence_needs_somebody_who_lacks_a_joint() -> None:
    table = people()
    matched = match_people(boxed_poses(table, table.keypoints, np.ones(len(table))), table)
    assert build_measure("presence", table, [matched], SETTINGS) == "every joint of everybody is annotated"


def test_a_person_nobody_found_is_wrong_and_one_nobody_could_look_at_does_not_count() -> None:
    table = people(count=2)
    poses = boxed_poses(table, table.keypoints, np.ones(len(table)))
    poses = dataclasses.replace(poses.select(np.array([], int)), unusable=np.array([False, True]))
    matched = match_people(poses, table)
    for name in ("pcp", "pdj", "within"):
        built = build_measure(name, table, [matched], SETTINGS)
        assert isinstance(built, Measure)
        assert figure(built) == 0
        assert built.counts.tolist() == [True, False]


def test_bad_thresholds_and_skeletons_without_a_torso_are_refused() -> None:
    with pytest.raises(ValidationError, match="rising shares"):
        EvaluateSettings(pdj_thresholds=(0.2, 0.1))
    dog = Skeleton("dog", ("a", "b"), (("a", "b"),))
    with pytest.raises(InputError, match="no torso"):
        require_metric(dog, ("pck", "pdj"))
    require_metric(dog, ("pdj", "pcp"))
