import numpy as np
import pytest

from training.rarity.settings import RareSettings
from training.rarity.suggest import fall_off, shares_at, suggest, sweep_clusters, sweep_rows, tau_grid


def test_falls_off_where_the_hill_ends_and_the_tail_begins():
    generator = np.random.default_rng(0)
    values = np.concatenate([generator.normal(1.0, 0.1, 5000), generator.uniform(1.4, 3.0, 100)])
    assert 1.1 < fall_off(values) < 1.5


def test_thresholds_are_round_and_shares_counted():
    values = np.linspace(0.0, 2.0, 2001)
    taus = tau_grid(values)
    assert taus == pytest.approx([1.0 + 0.1 * k for k in range(len(taus))])
    shares = shares_at(values, taus)
    assert shares["1.5"] == pytest.approx(0.25, abs=1e-3)
    assert list(shares.values()) == sorted(shares.values(), reverse=True)


def test_grid_of_equal_values():
    assert len(tau_grid(np.ones(10))) >= 1


def test_suggests_a_threshold_for_two_to_four_percent():
    score = np.random.default_rng(1).gamma(4.0, 0.1, 4000)
    found = suggest([], score, RareSettings())
    assert 0.019 <= found["share"] <= 0.041
    assert f"{found['fall_off']:.3g}" in found["why_threshold"]
    assert "clusters" not in found


def test_suggests_the_smallest_k_that_comes_back_with_every_seed():
    generator = np.random.default_rng(2)
    centres = generator.random((6, 5, 2)) * 4
    labels = generator.integers(6, size=500)
    poses = (centres[labels] + generator.normal(0, 0.05, (500, 5, 2))).astype(np.float32)
    settings = RareSettings(clusters=4, sweep_from=4, sweep_to=9)
    rows = sweep_clusters(poses, None, settings, 0)
    assert [row["clusters"] for row in rows] == list(range(4, 10))
    assert rows[2]["stability"] == pytest.approx(1.0)
    inertia = [row["inertia"] for row in rows]
    assert inertia == sorted(inertia, reverse=True)
    found = suggest(rows, generator.random(500), settings)
    assert rows[found["clusters"] - 4]["stability"] > 0.95
    assert f"K = {found['clusters']}" in found["why_clusters"]
    assert ("K = 4 has" in found["why_clusters"]) == (found["clusters"] != 4)


def test_few_poses_bound_the_sweep():
    poses = np.random.default_rng(0).random((12, 5, 2)).astype(np.float32)
    assert [row["clusters"] for row in sweep_clusters(poses, None, RareSettings(), 0)] == [5, 6]


def test_large_sets_are_swept_on_a_sample():
    rows = sweep_rows(np.arange(0, 20_000, 2), 0)
    assert len(rows) == 3000
    assert (rows % 2 == 0).all()
    assert sweep_rows(np.arange(5), 0).tolist() == [0, 1, 2, 3, 4]
