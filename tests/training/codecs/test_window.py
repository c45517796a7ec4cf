"""Maps that say something inside one window per joint: read as well as whole ones, and nothing comes in from outside."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from smpl_assets.skeletons import get_skeleton
from training.codecs.codec import Decode, Frame, People
from training.codecs.heatmap import Heatmap
from training.codecs.window import OUTSIDE, WindowHeatmap
from training.systems.pasting import cut_cells, paste_cells

FRAME, SIDE = Frame((64, 48), 1), 12
FLIP = get_skeleton("coco17").flip


def people() -> People:
    points = 12 + torch.rand(3, 1, 17, 2, generator=torch.Generator().manual_seed(0)) * torch.tensor([24.0, 40.0])
    return People(points, torch.ones(3, 1, 17, dtype=torch.bool))


def true_maps(codec: Heatmap, asked: People, off: tuple[int, int] = (0, 0)) -> Tensor:
    """What has no loss: the targets in windows whose middles are some cells off the joints."""
    maps = codec.targets(asked, FRAME).heatmaps
    corners = asked.keypoints[:, 0].long() - SIDE // 2 + torch.tensor(off)
    owner = torch.arange(3).repeat_interleave(17)
    cut = cut_cells(maps, owner, corners.flatten(0, 1), SIDE).unflatten(0, (3, 17))
    which = torch.arange(17)
    return paste_cells(cut[:, which, which], corners, FRAME.cells_hw, OUTSIDE)


@pytest.mark.parametrize(("how", "tolerance"), [("argmax", 0.5001), ("quarter", 0.2501), ("dark", 0.02)])
def test_decoding_what_has_no_loss_finds_the_joints(how: Decode, tolerance: float) -> None:
    codec, asked = WindowHeatmap(1.5, how), people()
    output = true_maps(codec, asked)
    assert (output == OUTSIDE).float().mean() > 0.9
    assert codec.loss(output, codec.targets(asked, FRAME)).sum.tolist() == [0.0] * 3
    found = codec.decode(output, FRAME)
    assert (found.points - asked.subject[0]).abs().max() < tolerance
    assert found.score.min() > 0.8


@pytest.mark.parametrize("off", [(4, 0), (-4, 4)])
def test_what_lies_outside_a_window_is_not_smoothed_into_it(off: tuple[int, int]) -> None:
    """Joints one or two cells from its border: with the -1 outside counted, DARK would be up to 0.6 and 1 px off."""
    asked, whole = people(), Heatmap(1.0, "dark")
    output = true_maps(whole, asked, off)
    inside = output != OUTSIDE
    found = WindowHeatmap(1.0, "dark").decode(output, FRAME).points
    assert torch.equal(found, whole.decode(torch.where(inside, output, 0.0), FRAME).points)
    assert (found - asked.subject[0]).norm(dim=2).max() < 0.3


def test_the_better_of_two_windows_that_have_nothing_in_common_is_read() -> None:
    """The mean with a mirror image that looked elsewhere is below 0 everywhere."""
    one, other = (torch.full((1, 1, 64, 48), OUTSIDE) for _ in range(2))
    one[..., 10:20, 10:20], other[..., 40:50, 30:40] = 0.0, 0.0
    one[..., 14, 15], other[..., 44, 35] = 0.5, 0.7
    found = WindowHeatmap(1.0, "argmax").decode((one + other) / 2, FRAME)
    assert found.points.tolist() == [[[35.5, 44.5]]]
    assert found.score.item() == pytest.approx(-0.15)


def test_mirroring_twice_changes_nothing() -> None:
    codec = WindowHeatmap(1.0)
    output = true_maps(codec, people())
    mirrored = codec.mirror(output, FLIP)
    assert not torch.equal(mirrored, output)
    assert torch.equal(codec.mirror(mirrored, FLIP), output)
