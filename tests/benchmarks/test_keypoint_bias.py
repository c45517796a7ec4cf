"""Signed errors of `benchmarks/keypoint_bias.py` on points made by hand, in the frame of the limb."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.keypoint_bias import SIDED, biases
from smpl_assets.pose_table import ImageTable, PoseTable
from smpl_assets.skeletons import get_skeleton
from tests.training.figures import table_of
from training.metrics.pck import torso_lengths

# Upright and seen from the front: y down, the person's left on the image's right. Left shoulder to right hip is 50 px.
PLACES = {
    "shoulder": (15.0, 40.0), "elbow": (45.0, 40.0), "wrist": (45.0, 70.0), "hip": (15.0, 80.0), "knee": (15.0, 110.0),
    "ankle": (45.0, 150.0), "head_bottom": (0.0, 30.0), "head_top": (0.0, 10.0),
}  # fmt: skip


def person(turn_deg: float = 0.0, count: int = 3) -> PoseTable:
    skeleton, rows = get_skeleton("lsp14"), []
    for name in skeleton.keypoints:
        x, y = PLACES[name.removeprefix("left_").removeprefix("right_")]
        rows.append((-x if name.startswith("right_") else x, y))
    angle = np.radians(turn_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = np.repeat((np.array(rows) @ turn.T + 200)[None], count, 0)
    return table_of(skeleton, points, ImageTable.of([f"{n}.jpg" for n in range(count)]))


def moved(table: PoseTable, name: str, shift: tuple[float, float], turn_deg: float = 0.0) -> np.ndarray:
    """The annotated points with one joint elsewhere, px of the person as it stands upright."""
    angle = np.radians(turn_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = table.keypoints.copy()
    points[:, table.skeleton.index(name)] += turn @ np.array(shift)
    return points


@pytest.mark.parametrize("turn_deg", [0.0, 37.0, 180.0])
@pytest.mark.parametrize(
    ("name", "shift", "along", "across"),
    [
        ("right_hip", (2.0, -1.0), 2, -4),  # up the trunk; towards the other side
        ("left_hip", (2.0, -1.0), 2, 4),
        ("left_shoulder", (0.0, 3.0), -6, 0),
        ("left_elbow", (1.0, 0.0), 2, np.nan),  # the arm is level: farther from the shoulder, and no side of it is the outer one
        ("right_elbow", (1.0, 0.0), -2, np.nan),
        ("left_wrist", (-2.0, 1.0), 2, -4),  # the forearm hangs: down is away from the trunk
        ("right_knee", (-1.0, 3.0), 6, 2),
        ("left_ankle", (3.0, 4.0), 10, 0),  # the shank is a 3-4-5 triangle, 50 px long
        ("left_ankle", (4.0, -3.0), 0, 10),
        ("head_bottom", (1.0, -2.0), 4, 2),
        ("head_top", (-1.0, 2.0), -4, -2),
    ],
)
def test_errors_are_signed_in_the_frame_of_the_limb(
    name: str, shift: tuple[float, float], along: float, across: float, turn_deg: float
) -> None:
    table = person(turn_deg)
    assert torso_lengths(table) == pytest.approx(50.0)
    result = biases(moved(table, name, shift, turn_deg), table)
    joint = {"head_bottom": "neck", "head_top": "head top"}.get(name, name.split("_")[1])
    bias = result[joint][1 if name.startswith("left_") else 0]
    assert (bias.along, bias.across) == pytest.approx((along, across), abs=1e-9, nan_ok=True)
    assert bias.joints == 3
    others = [b for other, sides in result.items() for b in sides if (other, b) != (joint, bias)]
    assert [b.along for b in others] == pytest.approx([0.0] * 13, abs=1e-9)
    assert np.nansum(np.abs([b.across for b in others])) == pytest.approx(0.0, abs=1e-9)


def test_means_and_standard_errors_over_people() -> None:
    table = person(count=3)
    points = table.keypoints.copy()
    points[:, table.skeleton.index("left_hip"), 0] += [1.0, 2.0, 3.0]  # 2, 4 and 6 % of the torso
    bias = biases(points, table)["hip"][1]
    assert bias.across == pytest.approx(4.0)
    assert bias.across_error == pytest.approx(2 / np.sqrt(3))
    assert bias.along_error == pytest.approx(0.0)


def test_joints_far_off_and_joints_without_annotation_do_not_count() -> None:
    table = person(count=4)
    hip = table.skeleton.index("right_hip")
    points = table.keypoints.copy()
    points[:, hip, 1] -= [1.0, 11.0, 1.0, 1.0]  # the second by more than .2 torso
    points[2, hip] = np.nan  # nobody found the third
    annotated = table.annotated.copy()
    annotated[3, hip] = False
    result = biases(points, replace(table, annotated=annotated))
    assert result["hip"][0].joints == 1
    assert result["hip"][0].along == pytest.approx(2.0)
    assert result["knee"][0].joints == 3  # the fourth person's thigh has no upper end
    assert result["ankle"][0].joints == 4  # a shank has its direction, though which side is outward is not known


def test_beside_another_network_joints_count_that_both_found() -> None:
    table = person(count=2)
    one, other = moved(table, "left_hip", (2.0, 0.0)), moved(table, "left_hip", (-1.0, 0.0))
    one[1, table.skeleton.index("left_hip"), 0] += 3
    other[1, table.skeleton.index("left_hip"), 0] += 100
    assert biases(one, table)["hip"][1].across == pytest.approx(7.0)
    ours, theirs = biases(one, table, other)["hip"][1], biases(other, table, one)["hip"][1]
    assert ours.joints == theirs.joints == 1
    assert (ours.across, theirs.across) == pytest.approx((4.0, -2.0))
    assert np.isnan(ours.across_error)
    assert set(biases(one, table)) == {*SIDED, "neck", "head top"}
