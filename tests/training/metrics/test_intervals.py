import math

import numpy as np
import pytest

from training.metrics.bootstrap import JointShare, SeedMean, interval, point


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


def test_several_trainings_are_drawn_like_people():
    """Trainings that differ widen the interval of the mean; alike ones do not change it, and both rows draw the same ones."""
    rng = np.random.default_rng(3)
    people = rng.binomial(10, 0.5, 300)
    alike = SeedMean((share(people),) * 3)
    spread = SeedMean(tuple(share(np.clip(people + shift, 0, 10)) for shift in (-1, 0, 1)))
    one, three, wide = (interval(s, 0, "All", 1000, 0.95) for s in (share(people), alike, spread))
    assert (three.low, three.high) == pytest.approx((one.low, one.high))
    assert wide.high - wide.low > 2 * (one.high - one.low)
    gain = SeedMean(tuple(share(np.minimum(s.correct + 1, 10)) for s in spread.seeds))
    paired = interval(gain, 0, "All", 1000, 0.95, minus=spread)
    assert 5 < paired.difference_low < paired.difference_high < 11


def test_the_mean_over_trainings():
    both = SeedMean((share(np.full(4, 2.0)), share(np.full(4, 6.0))))
    assert point(both) == pytest.approx(40)
    assert both.values(np.ones((1, 4)), np.array([[1.0, 0.0]]))[0] == pytest.approx(20)
