import dataclasses

import numpy as np
import pytest

from smpl_assets.pose_table import ImageTable, PoseTable
from smpl_assets.skeletons import get_skeleton
from tests.training.figures import standing, table_of
from training.metrics.pck import PCKH_LEFT_OUT, correct_joints, head_lengths, joint_groups, torso_errors, torso_lengths


def people(name: str, count: int = 1) -> PoseTable:
    skeleton = get_skeleton(name)
    points = np.repeat(standing(skeleton)[None] * 100, count, 0)
    return table_of(skeleton, points, ImageTable.of([f"{i}.png" for i in range(count)]))


def test_pck_by_hand():
    table = people("lsp14")
    left_shoulder, right_hip = (table.keypoints[0, table.skeleton.index(n)] for n in ("left_shoulder", "right_hip"))
    torso = float(np.hypot(*(left_shoulder - right_hip)))
    assert torso_lengths(table) == pytest.approx([torso])
    predicted = table.keypoints.copy()
    predicted[0, 0, 0] += 0.2 * torso - 1e-9  # just inside
    predicted[0, 1, 1] -= 0.2 * torso + 1e-6  # just outside
    predicted[0, 2] += 1000
    correct, counted = correct_joints(predicted, table, torso_lengths(table), 0.2)
    assert counted.all()
    assert correct[0].tolist() == [True, False, False] + [True] * 11


def test_errors_in_torso_lengths_by_hand():
    table = people("lsp14", 4)
    annotated = table.annotated.copy()
    annotated[1, 2:] = False  # no torso
    table = dataclasses.replace(table, annotated=annotated)
    predicted, torso = table.keypoints.copy(), torso_lengths(table)[0]
    predicted[0, 0, 0] += 0.7 * torso
    predicted[0, 1, 1] += 40 * torso  # lost, however far
    predicted[2] = np.nan  # nobody found this person
    errors = torso_errors(predicted, table)
    assert errors[[0, 2, 3]] == pytest.approx([1.7 / 14, 1.0, 0.0])
    assert np.isnan(errors[1])


def test_the_mirrored_diagonal_stands_in_for_a_missing_torso():
    table = people("coco17", 3)
    annotated = table.annotated.copy()
    annotated[1, table.skeleton.index("right_hip")] = False
    annotated[2, [table.skeleton.index(n) for n in ("right_hip", "left_hip")]] = False
    lengths = torso_lengths(dataclasses.replace(table, annotated=annotated))
    assert lengths[1] == pytest.approx(lengths[0])  # the figure is symmetric
    assert np.isnan(lengths[2])
    _, counted = correct_joints(table.keypoints, dataclasses.replace(table, annotated=annotated), lengths, 0.2)
    assert counted.sum(1).tolist() == [17, 16, 0]


def test_pckh_leaves_out_pelvis_and_thorax_and_counts_hidden_joints():
    table = people("mpii16")
    table = dataclasses.replace(table, head_size=np.array([10.0]), visible=np.zeros((1, 16), bool))
    assert head_lengths(table).tolist() == [10.0]
    predicted = table.keypoints + np.array([5.0, 0.0])  # exactly half a head: still correct
    correct, counted = correct_joints(predicted, table, head_lengths(table), 0.5, PCKH_LEFT_OUT)
    assert counted.sum() == 14
    assert (correct == counted).all()
    correct, _ = correct_joints(table.keypoints + np.array([5.01, 0.0]), table, head_lengths(table), 0.5, PCKH_LEFT_OUT)
    assert not correct.any()


def test_head_lengths_fall_back_to_the_head_segment():
    lsp, coco = people("lsp14"), people("coco17")
    ends = (lsp.keypoints[0, lsp.skeleton.index(n)] for n in ("head_bottom", "head_top"))
    assert head_lengths(lsp) == pytest.approx([float(np.hypot(*np.subtract(*ends)))])
    assert np.isnan(head_lengths(coco)).all()


def test_joints_without_annotation_do_not_count():
    table = people("coco17")
    annotated = np.zeros((1, 17), bool)
    annotated[0, [0, 5, 12]] = True
    table = dataclasses.replace(table, annotated=annotated)
    correct, counted = correct_joints(table.keypoints, table, torso_lengths(table), 0.2)
    assert counted.sum() == correct.sum() == 3


@pytest.mark.parametrize(("name", "sizes"), [("coco17", [5] + [2] * 6), ("mpii16", [2] * 7), ("lsp14", [2] * 7)])
def test_joint_groups(name, sizes):
    groups = joint_groups(get_skeleton(name))
    assert list(groups) == ["head", "shoulder", "elbow", "wrist", "hip", "knee", "ankle"]
    assert [len(g) for g in groups.values()] == sizes
