from dataclasses import replace

import pytest

from smpl_assets.errors import InputError
from smpl_assets.skeletons import SKELETONS, Skeleton
from training.limits import NO_PAIRS, remarks, require_metric

DOG = Skeleton("dog3", ("nose", "left_ear", "right_ear"), ())


def test_known_skeletons_need_no_remark():
    assert [remarks(s) for s in SKELETONS.values()] == [[]] * len(SKELETONS)


def test_what_a_skeleton_lacks_is_said():
    flips, fit, pck, pckh = remarks(Skeleton("hand2", ("a", "b"), ()))
    assert flips == f"skeleton hand2: {NO_PAIRS} (a, b)"
    assert "it lacks left_shoulder, right_shoulder, left_elbow, right_elbow, left_wrist, right_wrist, ... (12)" in fit
    assert "no PCK: no torso (left_shoulder to right_hip)" in pck
    assert "no PCKh" in pckh
    assert len(remarks(DOG)) == 3
    assert len(remarks(DOG, heads=True)) == 2


def test_the_mirrored_torso_is_a_torso():
    half = Skeleton("person2", ("right_shoulder", "left_hip", "left_shoulder", "right_knee"), ())
    assert any("no PCK:" in r for r in remarks(half))
    assert not any(
        "no PCK:" in r for r in remarks(replace(half, keypoints=("right_shoulder", "left_hip", "left_shoulder", "right_hip")))
    )


def test_asking_only_for_metrics_that_do_not_apply_is_an_error():
    require_metric(DOG, ("pck", "oks_ap"))
    require_metric(DOG, ("pckh",), heads=True)
    with pytest.raises(InputError, match=r"skeleton dog3 has no PCK: .*; no PCKh") as error:
        require_metric(DOG, ("pck", "pckh"))
    assert "oks_ap" in error.value.next_step
