import numpy as np
import pytest
import torch

from smpl_assets.inverse.fit import FitQuality, judge, refuse_inputs
from smpl_assets.inverse.settings import GateSettings


def _person(change):
    g = np.random.default_rng(0)
    keypoints, annotated = g.uniform(100, 200, (16, 2)), np.ones(16, bool)
    change(keypoints, annotated)
    return torch.from_numpy(keypoints)[None], torch.from_numpy(annotated)[None]


def _few(keypoints, annotated):
    annotated[5:] = False


def _line(keypoints, annotated):
    keypoints[:, 1] = 2 * keypoints[:, 0] + 3


def _point(keypoints, annotated):
    keypoints[:] = 150.0


def _far(keypoints, annotated):
    keypoints[3] = 9000.0


def _nan(keypoints, annotated):
    keypoints[3, 0] = np.nan


def _nothing(keypoints, annotated):
    annotated[:] = False


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_few, "fewer than 6"),
        (_nothing, "fewer than 6"),
        (_line, "on one line"),
        (_point, "on one point"),
        (_far, "far outside"),
        (_nan, "not a number"),
    ],
)
def test_bad_inputs_are_refused_with_their_reason(change, reason):
    assert reason in refuse_inputs(*_person(change), GateSettings())[0]


def test_ordinary_people_are_let_through():
    assert refuse_inputs(*_person(lambda k, a: None), GateSettings()) == [""]


def test_what_is_wrong_with_an_unannotated_joint_does_not_matter():
    def change(keypoints, annotated):
        keypoints[3], annotated[3] = np.nan, False

    assert refuse_inputs(*_person(change), GateSettings()) == [""]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        (0, 0.5, "does not reproject"),
        (0, float("nan"), "does not reproject"),
        (1, 40.0, "joint limits"),
        (2, 0.2, "into itself"),
        (3, 9.0, "implausible"),
        (4, -1.0, "behind the camera"),
    ],
)
def test_bad_fits_are_rejected_with_their_reason(column, value, reason):
    figures = torch.tensor([[0.005, 0.0, 0.0, 1.0, 3.0]] * 2)
    figures[1, column] = value
    first, second = judge(FitQuality(*figures.unbind(1)), GateSettings())
    assert first == ""
    assert reason in second
