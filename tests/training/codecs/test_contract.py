"""What every codec of the table has to keep; codecs that come later are tested by being there."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from smpl_assets.skeletons import get_skeleton
from training.codecs.codec import Codec, Frame, Knobs, People
from training.codecs.integral import Integral
from training.codecs.table import CODECS

SKELETON = get_skeleton("coco17")
FRAME = Frame((128, 96), 4)
# px that a codec's decoding may be off at stride 4, by name
TOLERANCE = {"heatmap": 1.01, "hardest": 1.01, "belief": 1.01, "disk_offset": 1e-3, "integral": 1e-3}


@pytest.fixture(params=list(CODECS.own))
def codec(request: pytest.FixtureRequest) -> tuple[str, Codec]:
    return request.param, CODECS.load(request.param)(Knobs())


def people(count: int = 3, seed: int = 0) -> People:
    points = torch.from_numpy(np.random.default_rng(seed).uniform(16, 80, (count, 1, 17, 2))).float()
    return People(points, torch.ones(count, 1, 17, dtype=torch.bool))


def perfect(codec: Codec, asked: People) -> torch.Tensor:
    """An output whose loss is zero, found by descent from zero; of integrals, which have many, one with a peak."""
    if isinstance(codec, Integral):
        return shared_out(asked.keypoints[:, 0] / FRAME.stride)
    targets = codec.targets(asked, FRAME)
    output = torch.zeros(len(asked.keypoints), codec.channels(SKELETON), *FRAME.cells_hw, requires_grad=True)
    optimiser = torch.optim.LBFGS([output], max_iter=50, line_search_fn="strong_wolfe", tolerance_grad=1e-12)

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = 1e3 * codec.loss(output, targets).sum.sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return output.detach()


def shared_out(places: torch.Tensor) -> torch.Tensor:
    """The logarithm of maps in which the four cells about each place (B, J, 2) share it, as in bilinear interpolation."""
    rows, columns = (torch.arange(n) + 0.5 for n in FRAME.cells_hw)
    x = (1 - (places[..., :1] - columns).abs()).clamp(min=0)
    y = (1 - (places[..., 1:] - rows).abs()).clamp(min=0)
    return (x[:, :, None, :] * y[:, :, :, None]).clamp(min=1e-30).log()


def test_a_codec_has_the_members_of_one(codec: tuple[str, Codec]) -> None:
    assert isinstance(codec[1], Codec)


def test_decoding_what_has_no_loss_finds_the_joints(codec: tuple[str, Codec]) -> None:
    name, it = codec
    asked = people()
    output = perfect(it, asked)
    assert it.loss(output, it.targets(asked, FRAME)).sum.max() < 1e-4
    found = it.decode(output, FRAME)
    assert (found.points - asked.subject[0]).abs().max() < TOLERANCE[name]
    assert found.score.min() > 0.8


def test_mirroring_twice_changes_nothing(codec: tuple[str, Codec]) -> None:
    output = torch.rand(2, codec[1].channels(SKELETON), *FRAME.cells_hw, generator=torch.Generator().manual_seed(0))
    mirrored = codec[1].mirror(output, SKELETON.flip)
    assert not torch.equal(mirrored, output)
    assert torch.equal(codec[1].mirror(mirrored, SKELETON.flip), output)


def test_the_mirrored_person_has_the_mirrored_output(codec: tuple[str, Codec]) -> None:
    _, it = codec
    asked = people()
    flipped = asked.keypoints[:, :, list(SKELETON.flip)].clone()
    flipped[..., 0] = FRAME.size_hw[1] - flipped[..., 0]
    back = it.mirror(perfect(it, People(flipped, asked.supervised)), SKELETON.flip)
    assert (it.decode(back, FRAME).points - it.decode(perfect(it, asked), FRAME).points).abs().max() < 1e-3


def test_unsupervised_joints_have_no_gradient_and_no_count(codec: tuple[str, Codec]) -> None:
    _, it = codec
    asked = people(1)
    nobody = People(asked.keypoints, torch.zeros_like(asked.supervised))
    output = torch.rand(1, it.channels(SKELETON), *FRAME.cells_hw, requires_grad=True)
    loss = it.loss(output, it.targets(nobody, FRAME))
    loss.sum.sum().backward()
    assert loss.count.tolist() == loss.sum.tolist() == [0.0]
    assert output.grad is not None
    assert not output.grad.any()


def test_samples_do_not_touch_one_another(codec: tuple[str, Codec]) -> None:
    """Sum and count of a sample are the same alone and in a batch."""
    _, it = codec
    asked = people(3)
    output = torch.rand(3, it.channels(SKELETON), *FRAME.cells_hw, generator=torch.Generator().manual_seed(1))
    whole = it.loss(output, it.targets(asked, FRAME))
    for i in range(3):
        alone = People(asked.keypoints[i : i + 1], asked.supervised[i : i + 1])
        part = it.loss(output[i : i + 1], it.targets(alone, FRAME))
        assert part.sum[0] == pytest.approx(whole.sum[i].item(), rel=1e-6)
        assert part.count[0] == whole.count[i]
