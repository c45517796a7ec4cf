import math

import numpy as np
import pytest

from training.metrics.bootstrap import JointShare, interval, point


def share(correct: np.ndarray, joints: int = 10) -> JointShare:
    return JointShare(correct.astype(float), np.full(len(correct), float(joints)))


def test_the_interval_is_that_of_a_mean():
    rng = np.random.default_rng(0)
    statistic = share(rng.binomial(10, 0.7, 400))
    found = interval(statistic, 0, "All", 2000, 0.95)
    error = 100 * (statistic.correct / 10).std() / math.sqrt(400)
    assert found.low == pytest.approx(point(statistic) - 1.96 * error, abs=0.15)
    assert found.high == pytest.approx(point(statistic) + 1.96 * error, abs=0.15)


def test_paired_differences_are_narrow_where_both_agree():
    rng = np.random.default_rng(1)
    base = rng.binomial(10, 0.5, 200)
    better = np.minimum(base + (rng.random(200) < 0.3), 10)
    found = interval(share(better), 0, "All", 1000, 0.95, minus=share(base))
    gain = point(share(better)) - point(share(base))
    assert 0 < found.difference_low < gain < found.difference_high
    assert found.difference_high - found.difference_low < 0.5 * (found.high - found.low)


def test_the_same_seed_and_column_give_the_same_resamples():
    statistic = share(np.random.default_rng(2).binomial(10, 0.5, 50))
    first, again, other = (interval(statistic, 3, name, 200, 0.9, minus=statistic) for name in ("All", "All", "rare"))
    assert first == again
    assert first.low != other.low
    assert (first.difference_low, first.difference_high) == (0.0, 0.0)


@pytest.mark.parametrize(("people", "joints", "samples"), [(0, 10, 100), (1, 10, 100), (5, 10, 0), (5, 0, 100)])
def test_nothing_to_resample(people, joints, samples):
    statistic = share(np.ones(people), joints)
    found = interval(statistic, 0, "All", samples, 0.95, minus=statistic)
    assert all(map(math.isnan, (found.low, found.high, found.difference_low, found.difference_high)))
    assert math.isnan(point(share(np.ones(people), 0)))
