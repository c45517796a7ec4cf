"""Integral regression, by hand."""

from __future__ import annotations

import math

import pytest
import torch

from training.codecs.codec import Frame, People
from training.codecs.integral import Integral

FRAME = Frame((16, 32), 4)  # 4 rows, 8 columns
SURE = 60.0


def person(x: float, y: float) -> People:
    return People(torch.tensor([[[[float(x), float(y)]]]]), torch.ones(1, 1, 1, dtype=torch.bool))


def test_one_certain_cell_is_its_own_centre() -> None:
    """Not half a cell to the left and up, as the published code has it."""
    maps = torch.zeros(1, 1, 4, 8)
    maps[0, 0, 1, 5] = SURE
    found = Integral().decode(maps, FRAME)
    assert found.points[0, 0].tolist() == pytest.approx([22.0, 6.0])
    assert found.score.item() == pytest.approx(1.0)


def test_the_mean_of_two_cells_by_hand() -> None:
    """Three quarters in column 1, a quarter in column 5: 0.75 x 6 px + 0.25 x 22 px."""
    maps = torch.full((1, 1, 4, 8), -SURE)
    maps[0, 0, 2, 1], maps[0, 0, 2, 5] = math.log(3.0), 0.0
    found = Integral(sigma=1.0).decode(maps, FRAME)
    assert found.points[0, 0].tolist() == pytest.approx([10.0, 10.0])
    assert found.score.item() == pytest.approx(0.75)  # the second cell is three cells from the mean, more than two sigma


def test_the_loss_by_hand() -> None:
    """A uniform map means the middle of the crop (16, 8): 6 px of 32 and 2 px of 16 away from (22, 6)."""
    codec = Integral()
    targets = codec.targets(person(22, 6), FRAME)
    loss = codec.loss(torch.zeros(1, 1, 4, 8), targets)
    assert loss.sum.item() == pytest.approx(6 / 32 + 2 / 16)
    mixed = Integral(sigma=1.0, heatmap=0.5)
    wanted = mixed.targets(person(22, 6), FRAME)
    map_ = wanted.maps[0, 0]
    divergence = (map_ * (map_.clamp(min=1e-30).log() + math.log(32))).sum().item()
    assert mixed.loss(torch.zeros(1, 1, 4, 8), wanted).sum.item() == pytest.approx(6 / 32 + 2 / 16 + 0.5 * divergence, rel=1e-5)
    middle = mixed.targets(person(16, 8), FRAME)
    exact = mixed.loss(middle.maps.clamp(min=1e-30).log(), middle)
    assert exact.sum.item() == pytest.approx(0, abs=1e-5)


def test_joints_outside_the_crop_are_not_learnt() -> None:
    """The mean of places inside the crop cannot be outside, and would be pulled to the border."""
    loss = Integral(heatmap=1.0).loss(torch.zeros(1, 1, 4, 8), Integral().targets(person(-3, 6), FRAME))
    assert (loss.sum.item(), loss.count.item()) == (0, 0)
