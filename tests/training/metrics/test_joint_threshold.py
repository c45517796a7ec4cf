import dataclasses

import numpy as np
import pytest

from tests.training.datasets.sequences import people, sequence
from training.metrics.joint_threshold import mota_by_threshold


def test_the_threshold_lies_between_wrong_and_right_joints():
    places = np.array([[100.0, 100.0], [300.0, 100.0]])
    truth = [people(places + 3 * n, [0, 1]) for n in range(4)]
    scores = np.full((3, 15), 0.8)
    scores[2], scores[1, 4] = 0.35, 0.2
    with_ghost = np.concatenate([places, [[500.0, 300.0]]])
    predicted = [dataclasses.replace(people(with_ghost + 3 * n, [0, 1, 7]), joint_scores=scores) for n in range(4)]
    curve = mota_by_threshold([sequence(truth)], [sequence(predicted)])
    assert curve.best == 0.35
    right = dict(zip(curve.thresholds, curve.mota, strict=True))
    assert right[0.1] == 50.0
    assert right[0.5] == pytest.approx(100 * (1 - 0.5 / 15))
    assert right[0.85] == -100.0
