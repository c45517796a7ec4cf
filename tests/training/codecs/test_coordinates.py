"""Coordinates, presence and the refined coordinates of a cascade, by hand."""

from __future__ import annotations

import math

import pytest
import torch

from training.codecs.codec import Codec, Frame, People
from training.codecs.coordinates import Coordinates, Presence, PresentCoordinates, Refined

FRAME, BOTH = Frame((100, 200), 0), (1, 0)
POINTS = torch.tensor([[[[150.0, 75.0], [250.0, 0.0]]]])  # the second joint is outside the crop


def people(*supervised: bool) -> People:
    return People(POINTS, torch.tensor([[supervised]]))


@pytest.mark.parametrize("codec", [Coordinates(), PresentCoordinates(), Presence(), Refined()])
def test_they_are_codecs_whose_mirror_is_its_own_inverse(codec: Codec) -> None:
    channels = {Presence: 1, PresentCoordinates: 3, Refined: 4}.get(type(codec), 2)
    row = torch.rand(3, 2 * channels, generator=torch.Generator().manual_seed(0))
    assert isinstance(codec, Codec)
    assert torch.equal(codec.mirror(codec.mirror(row, BOTH), BOTH), row)
    assert not torch.equal(codec.mirror(row, BOTH), row)


def test_normalisation_and_its_inverse() -> None:
    """N(y; b) = (y - middle) / size; a joint outside the crop is a target like any other."""
    targets = Coordinates().targets(people(True, True), FRAME)
    assert targets.places[0].tolist() == [[0.25, 0.25], [0.75, -0.5]]
    assert torch.equal(Coordinates().decode(targets.places.flatten(1), FRAME).points, POINTS[0])


def test_the_loss_by_hand_and_without_unsupervised_joints() -> None:
    codec = Coordinates()
    nothing = torch.zeros(1, 4, requires_grad=True)
    loss = codec.loss(nothing, codec.targets(people(True, False), FRAME))
    assert loss.sum.item() == pytest.approx(0.25**2 + 0.25**2)
    assert loss.count.item() == 1
    loss.sum.sum().backward()
    assert nothing.grad is not None
    assert nothing.grad[0].tolist() == [-0.5, -0.5, 0, 0]


def test_the_mirror_image_has_mirrored_coordinates() -> None:
    row = torch.tensor([[9.0, 0.25, 0.1, 8.0, -0.5, 0.2]])  # logit, x, y of two joints
    assert PresentCoordinates().mirror(row, BOTH)[0].tolist() == pytest.approx([8.0, 0.5, 0.2, 9.0, -0.25, 0.1])


def test_presence_by_hand() -> None:
    """Cross-entropy of the logits 0 (there) and log 3 (absent): log 2, and log 4."""
    codec, logits = Presence(), torch.tensor([[0.0, math.log(3.0)]])
    loss = codec.loss(logits, codec.targets(people(True, False), FRAME))
    assert (loss.sum.item(), loss.count.item()) == pytest.approx((math.log(2) + math.log(4), 2))
    assert codec.decode(logits, FRAME).score[0].tolist() == pytest.approx([0.5, 0.75])
    nobody = codec.loss(logits, codec.targets(people(False, False), FRAME))
    assert (nobody.sum.item(), nobody.count.item()) == (0, 0)  # an image that could not be read says nothing of absence
    found = PresentCoordinates().decode(torch.tensor([[0.0, 0.25, 0.25, math.log(3.0), 0, 0]]), FRAME)
    assert found.score[0].tolist() == pytest.approx([0.5, 0.75])
    assert found.points[0, 0].tolist() == [150, 75]


def test_a_later_stage_is_wrong_in_sides_of_its_own_box() -> None:
    """Found 10 px right and 5 px below the truth, in a box of 50 px: (0.2, 0.1) off; it was moved 0.3 torsos."""
    codec = Refined()
    row = torch.tensor([[50 / 200, 0.3, 160 / 200 - 0.5, 80 / 100 - 0.5, 0.25, 2.0, 0.0, 0.0]])
    loss = codec.loss(row, codec.targets(people(True, False), FRAME))
    assert loss.sum.item() == pytest.approx(0.2**2 + 0.1**2)
    found = codec.decode(row, FRAME)
    assert found.points[0, 0].tolist() == pytest.approx([160, 80])
    assert found.score[0].tolist() == pytest.approx([0.7, 0.0])
