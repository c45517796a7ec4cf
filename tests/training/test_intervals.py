import math

import numpy as np
import pytest

from training.metrics.bootstrap import JointShare, interval, point


def share(correct: np.ndarray, joints: int = 10) -> JointShare:
    return JointShare(correct.astype(float), np.full(len(correct), float(joints)))


def test_the_interval_is_that_of_a_mean():
    rng = np.random.default_rng(0)
    statistic = share(rng.binomial(10, 0.7, 400))
    low, high = interval(statistic, 0, "All", 2000, 0.95)
    error = 100 * (statistic.correct / 10).std() / math.sqrt(400)
    assert low == pytest.approx(point(statistic) - 1.96 * error, abs=0.15)
    assert high == pytest.approx(point(statistic) + 1.96 * error, abs=0.15)


def test_paired_differences_are_narrow_where_both_agree():
    rng = np.random.default_rng(1)
    base = rng.binomial(10, 0.5, 200)
    better = np.minimum(base + (rng.random(200) < 0.3), 10)
    low, high = interval(share(better), 0, "All", 1000, 0.95, minus=share(base))
    alone = interval(share(better), 0, "All", 1000, 0.95)
    gain = point(share(better)) - point(share(base))
    assert 0 < low < gain < high
    assert high - low < 0.5 * (alone[1] - alone[0])


def test_the_same_seed_and_column_give_the_same_resamples():
    statistic = share(np.random.default_rng(2).binomial(10, 0.5, 50))
    assert interval(statistic, 3, "All", 200, 0.9) == interval(statistic, 3, "All", 200, 0.9)
    assert interval(statistic, 3, "All", 200, 0.9) != interval(statistic, 3, "rare", 200, 0.9)
    assert interval(statistic, 3, "All", 200, 0.9, minus=statistic) == (0.0, 0.0)


def test_nothing_to_resample():
    assert math.isnan(point(share(np.zeros(0))))
    assert all(map(math.isnan, interval(share(np.zeros(0)), 0, "All", 100, 0.95)))
    assert all(map(math.isnan, interval(share(np.ones(1)), 0, "All", 100, 0.95)))
    assert all(map(math.isnan, interval(share(np.ones(5)), 0, "All", 0, 0.95)))
    assert all(map(math.isnan, interval(share(np.ones(5), 0), 0, "All", 100, 0.95)))
