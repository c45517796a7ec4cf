"""What a training step minimises where a network has several outputs: the sum of their losses, by hand."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from smpl_assets.checkpoints import Checkpoint
from smpl_assets.skeletons import Skeleton
from training.codecs.codec import Knobs
from training.feeds.feed import Batch, Feed
from training.loop.module import PoseModule
from training.loop.plan import Plan
from training.systems.build import build_model
from training.systems.system import PoseModel
from training.train_settings import TrainSettings

THREE = Skeleton("three", ("head", "left_hip", "right_hip"), ())
PLACES = torch.tensor([[2.0, 2.0], [5.0, 1.0], [4.0, 6.0]])  # middles of cells, at stride 4
SETTINGS = TrainSettings(input_size=(32, 32))


class Fixed(nn.Module):
    """Gives the same outputs whatever it is shown."""

    def __init__(self, outputs: list[Tensor]) -> None:
        super().__init__()
        self.outputs = outputs

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.outputs)


class Given(Feed):
    settings = SETTINGS


def gaussians(sigma: float) -> Tensor:
    """Of the three joints, (3, 8, 8), cut at 3 sigma + 0.5 cells along each axis."""
    y, x = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
    off = torch.stack([x, y], 2) - PLACES[:, None, None]
    return torch.exp(-(off**2).sum(3) / (2 * sigma**2)) * (off.abs() <= 3 * sigma + 0.5).all(3)


def off_by(truth: Tensor, errors: tuple[int, int, int]) -> Tensor:
    """Maps of both people that miss the true ones (2, 3, 8, 8) by the same much everywhere, so that their errors are squares."""
    return truth + torch.tensor(errors)[:, None, None]


def step(model: PoseModel, outputs: list[Tensor], supervised: list[list[bool]], hidden: int | None = None) -> float:
    """The loss of a training step on two people, of whom the first weighs 2. hidden: a joint of the first."""
    model = PoseModel(Fixed(outputs), model.stages, model.skeleton, model.system)
    module = PoseModule(model, Given(), Plan(1, 1), Path(), Checkpoint(None, "train", ""))
    module.trainer = SimpleNamespace(global_step=0)  # type: ignore[assignment]
    flags = torch.tensor(supervised)[:, None]
    visible = flags.clone()
    if hidden is not None:
        visible[0, 0, hidden] = False
    points = ((PLACES + 0.5) * 4).expand(2, 1, 3, 2)
    image = torch.zeros(2, 32, 32, 3, dtype=torch.uint8)
    batch = Batch(image, points, flags, visible, torch.tensor([2.0, 1.0]), torch.arange(2), ["", ""])
    return module.training_step(batch, 0).item()


def test_both_stacks_of_an_hourglass_count_alike() -> None:
    model = build_model("hourglass_tiny", THREE, 0, Knobs(1.0))
    truth = gaussians(1.0).expand(2, 3, 8, 8)
    outputs = [off_by(truth, (1, 2, 3)), off_by(truth, (2, 0, 1))]
    first = (2 * (1 + 4 + 9) + (1 + 4)) / 5  # the second person's third joint is not supervised: five are
    second = (2 * (4 + 0 + 1) + (4 + 0)) / 5
    assert step(model, outputs, [[True] * 3, [True, True, False]]) == pytest.approx(first + second, rel=1e-5)


def test_global_maps_of_cpn_count_an_eighth_and_refined_ones_the_two_worst_joints() -> None:
    """Sigmas of 2.6 to 1.4 cells; on global maps the hidden joint's target is empty; the second person has one joint."""
    model = build_model("cpn_tiny", THREE, 0, Knobs(1.4), options={"hardest": 2})
    errors = [(1, 2, 3), (1, 1, 1), (2, 2, 2), (0, 1, 0)]
    outputs = []
    for sigma, error in zip((2.6, 2.0, 1.7, 1.4), errors, strict=True):
        truth = gaussians(sigma).repeat(2, 1, 1, 1)
        truth[0, 1] = 0
        outputs.append(off_by(truth, error))
    outputs.append(off_by(gaussians(1.4).expand(2, 3, 8, 8), (3, 1, 2)))
    levels = [(2 * (1 + 4 + 9) + 9) / 4, (2 * (1 + 1 + 1) + 1) / 4, (2 * (4 + 4 + 4) + 4) / 4, (2 * (0 + 1 + 0) + 0) / 4]
    refined = (2 * (9 + 4) + 4) / 3  # of 9, 1, 4 the two worst, and the one that the second person has: three joints
    total = step(model, outputs, [[True] * 3, [False, False, True]], hidden=1)
    assert total == pytest.approx(0.125 * sum(levels) + refined, rel=1e-5)
