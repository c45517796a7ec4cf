"""CLEAR counts against motmetrics, joint by joint, on people who get in each other's way."""

import motmetrics
import numpy as np
import pytest

from smpl_assets.skipped import Skipped
from tests.training.metrics.tracks import noisy
from training.metrics.assignment import cheapest_pairs
from training.metrics.posetrack_honest import honest_clear
from training.metrics.posetrack_official import REACH, official_clear
from training.metrics.track_pairs import pair_sequence

COUNTS = ["num_objects", "num_misses", "num_switches", "num_false_positives", "num_detections"]


def _motmetrics(frames, joint):
    accumulator = motmetrics.MOTAccumulator(auto_id=True)
    for frame in frames:
        known, found = np.flatnonzero(frame.annotated[:, joint]), np.flatnonzero(frame.found[:, joint])
        far = frame.distance[np.ix_(known, found, [joint])][..., 0]
        accumulator.update(frame.truth_ids[known], frame.predicted_ids[found], np.where(far <= REACH, far, np.nan))
    figures = motmetrics.metrics.create().compute(accumulator, metrics=COUNTS, return_dataframe=False, name="")
    return [figures[n] for n in COUNTS], accumulator.events["D"].sum()


@pytest.mark.parametrize("seed", range(6))
def test_counts_are_those_of_motmetrics(seed):
    pairs = pair_sequence(*noisy(seed), Skipped())
    ours = honest_clear(pairs)
    assert ours.switches.sum() > 0
    for joint in (0, 7, 14):
        counts, distance = _motmetrics(pairs.frames, joint)
        found = [ours.objects, ours.misses, ours.switches, ours.false_positives, ours.matches]
        assert [f[joint] for f in found] == counts
        assert ours.event_distance[joint] == pytest.approx(distance, abs=1e-9)
    assert (official_clear(pairs).objects <= ours.objects).all()


def test_as_many_pairs_as_possible_come_before_near_ones():
    cost = np.array([[0.1, 0.4], [0.2, np.inf]])
    rows, columns = cheapest_pairs(cost)
    assert dict(zip(rows.tolist(), columns.tolist(), strict=True)) == {0: 1, 1: 0}
    assert not len(cheapest_pairs(np.full((2, 3), np.inf))[0])
