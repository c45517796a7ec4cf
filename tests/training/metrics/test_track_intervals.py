import numpy as np
import pytest

from tests.training.metrics.tracks import noisy
from training.metrics.bootstrap import point
from training.metrics.track_evaluation import evaluate_tracks
from training.metrics.track_intervals import track_statistics


@pytest.fixture(scope="module")
def evaluation():
    pairs = [noisy(seed, name=f"00000{seed}_mpii_test") for seed in range(5)]
    return evaluate_tracks([t for t, _ in pairs], [p for _, p in pairs])


@pytest.mark.parametrize("honest", [False, True])
def test_each_sequence_once_is_the_figure_itself(evaluation, honest):
    found = {name: point(statistic) for name, statistic in track_statistics(evaluation.counts, honest).items()}
    table, people = evaluation.table(honest), evaluation.people()
    expected = {"mAP": table.mAP[-1], "MOTA": table.MOTA[-1], "HOTA": people["HOTA"], "IDF1": people["IDF1"]}
    assert found == pytest.approx(expected, abs=1e-9)


def test_a_sequence_drawn_twice_is_the_same_as_two_of_it(evaluation):
    counts = evaluation.counts
    doubled = track_statistics([counts[0], counts[1], counts[1]], True)
    for name, statistic in track_statistics(counts[:2], True).items():
        assert statistic.values(np.array([[1.0, 2.0]]))[0] == pytest.approx(point(doubled[name]), abs=1e-6)


def test_intervals_hold_the_figure(evaluation):
    for name, bounds in evaluation.intervals(True, 200).items():
        middle = point(track_statistics(evaluation.counts, True)[name])
        assert bounds.low < middle < bounds.high
    alone = evaluate_tracks(*[[s] for s in noisy(3)])
    assert all(np.isnan(i.low) for i in alone.intervals(True, 50).values())
