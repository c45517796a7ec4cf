import numpy as np
import pytest

from smpl_assets.skeletons import SKELETONS, Skeleton
from training.feeds.half_body import half_region, halves


@pytest.mark.parametrize("name", SKELETONS)
def test_every_joint_of_ours_is_in_one_half(name):
    parts = halves(SKELETONS[name])
    assert sorted(parts["upper"] + parts["lower"]) == list(range(len(SKELETONS[name])))
    named = [SKELETONS[name].keypoints[i] for i in parts["lower"]]
    assert {n.split("_")[-1] for n in named} - {"pelvis"} == {"hip", "knee", "ankle"}


def test_a_skeleton_with_other_names_has_no_halves():
    assert halves(Skeleton("cat", ("nose", "left_ear", "right_ear", "tail"), ())) == {}


def test_the_region_is_about_the_annotated_joints_of_the_half():
    points, annotated = np.stack([np.arange(8.0), 10 * np.arange(8.0)], axis=1), np.ones(8, bool)
    assert half_region(points, annotated, (4, 5, 6, 7)) == pytest.approx([3.7, 37.0, 3.6, 36.0])  # 3 x 30 and a fifth
    annotated[7] = False
    assert half_region(points, annotated, (4, 5, 6, 7)) == pytest.approx([3.8, 38.0, 2.4, 24.0])
    assert half_region(points, annotated, (6, 7, 5)) is None  # two joints of the half
    annotated[:3] = False
    assert half_region(points, annotated, (3, 4, 5, 6)) is None  # half of the joints


def test_joints_on_a_line_have_a_region():
    points = np.stack([np.full(8, 5.0), 10 * np.arange(8.0)], axis=1)
    assert half_region(points, np.ones(8, bool), (4, 5, 6, 7))[2] == 1.0
