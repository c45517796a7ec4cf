"""That systems learn: each from chance on the easy set, one seed; `benchmarks/systems_learn.py` measures three."""

from __future__ import annotations

import pytest

from tests.training.systems.easy_set import Figures, easy_set
from tests.training.systems.learning import found, pck, trained


@pytest.fixture(scope="module")
def figures() -> Figures:
    return easy_set(3000, 0)


@pytest.fixture(scope="module")
def others() -> Figures:
    return easy_set(300, 1)


def test_the_set_is_not_guessed(figures: Figures, others: Figures) -> None:
    """The mean pose finds a fifth of the joints."""
    assert 15 < pck(figures.keypoints.mean(0).expand_as(others.keypoints), others) < 25


@pytest.mark.slow
def test_cpn_learns_and_its_refined_maps_beat_its_global_ones(figures: Figures, others: Figures) -> None:
    model = trained("cpn_tiny", figures)
    shares = [pck(found(model, others, stage), others) for stage in range(5)]
    assert shares[-1] >= 65
    assert shares[-1] > max(shares[:-1])


@pytest.mark.slow
def test_hrnet_learns(figures: Figures, others: Figures) -> None:
    assert pck(found(trained("hrnet_tiny", figures), others), others) >= 65


@pytest.mark.slow
@pytest.mark.parametrize(("name", "sigma"), [("hourglass_tiny", 1.5), ("cpm_tiny", 1.0)])
def test_later_stages_are_not_worse(figures: Figures, others: Figures, name: str, sigma: float) -> None:
    model = trained(name, figures, sigma=sigma)
    shares = [pck(found(model, others, stage), others) for stage in range(len(model.stages))]
    assert shares[-1] >= 60
    assert shares[-1] >= shares[0]


@pytest.mark.slow
def test_simple_baselines_learn(figures: Figures, others: Figures) -> None:
    assert pck(found(trained("simple_tiny", figures), others), others) >= 65
