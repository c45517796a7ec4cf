"""Disks and offsets, by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from training.codecs.codec import Frame, People
from training.codecs.disk_offset import DiskOffset

FRAME = Frame((32, 32), 8)


def person(x: float, y: float) -> People:
    return People(torch.tensor([[[[float(x), float(y)]]]]), torch.ones(1, 1, 1, dtype=torch.bool))


def test_targets_by_hand() -> None:
    """A joint in the middle of cell (2, 1): with a radius of one cell the disk is that cell and its four neighbours."""
    targets = DiskOffset(1.0).targets(person(20, 12), FRAME)
    assert targets.disks[0, 0].tolist() == [[0, 0, 1, 0], [0, 1, 1, 1], [0, 0, 1, 0], [0, 0, 0, 0]]
    offsets = targets.offsets[0, 0]
    assert offsets[:, 1, 2].tolist() == [0, 0]
    assert offsets[:, 1, 1].tolist() == [1, 0]  # to the right
    assert offsets[:, 2, 2].tolist() == [0, -1]  # up
    half = DiskOffset(2.0).targets(person(20, 12), FRAME).offsets[0, 0]
    assert half[:, 1, 1].tolist() == [0.5, 0]  # in radii


def test_the_loss_by_hand() -> None:
    """Of nothing found: 5 of 16 cells are wrong by 1, and 4 of the disk's 5 offsets by 1; smooth L1 of 1 is a half."""
    codec = DiskOffset(1.0)
    targets = codec.targets(person(20, 12), FRAME)
    loss = codec.loss(torch.zeros(1, 3, 4, 4), targets)
    assert loss.sum.item() == pytest.approx(0.5 * 5 / 16 + 0.5 * 4 / 5)
    assert loss.count.item() == 1
    outside = torch.zeros(1, 3, 4, 4)
    outside[0, 1:, 3, 3] = 7.0  # an offset outside the disk is nobody's business
    assert codec.loss(outside, targets).sum.item() == pytest.approx(loss.sum.item())


def test_a_joint_without_a_cell_is_not_supervised() -> None:
    codec = DiskOffset(1.0)
    assert codec.targets(person(-7, 12), FRAME).supervised.tolist() == [[False]]
    assert codec.targets(person(-3, 12), FRAME).supervised.tolist() == [[True]]


@pytest.mark.parametrize(("stride", "size"), [(4, (64, 48)), (8, (256, 192)), (16, (256, 192)), (16, (64, 64))])
def test_every_joint_inside_the_map_is_found_to_a_ten_thousandth(stride: int, size: tuple[int, int]) -> None:
    codec, frame = DiskOffset(), Frame(size, stride)
    generator = torch.Generator().manual_seed(0)
    points = torch.rand(200, 1, 17, 2, generator=generator) * torch.tensor([size[1], size[0]])
    targets = codec.targets(People(points, torch.ones(200, 1, 17, dtype=torch.bool)), frame)
    assert targets.supervised.all()
    maps = torch.cat([targets.disks[:, :, None], targets.offsets * targets.disks[:, :, None]], 2)
    found = codec.decode(maps.flatten(1, 2), frame)
    assert (found.points - points[:, 0]).abs().max() < 1e-4
    assert found.score.min() == 1


def test_the_mirror_swaps_joints_and_negates_offsets_in_x() -> None:
    codec, both = DiskOffset(1.0), (1, 0)
    maps = torch.zeros(1, 6, 4, 4)
    maps[0, 0, 1, 0], maps[0, 1, 1, 0], maps[0, 2, 1, 0] = 1.0, 0.25, 0.5
    mirrored = codec.mirror(maps, both)
    assert mirrored[0, 3:, 1, 3].tolist() == [1.0, -0.25, 0.5]
    assert mirrored.abs().sum() == maps.abs().sum()


def test_offsets_are_what_finds_the_joint() -> None:
    """Without them the middle of a cell is found, up to half a stride off."""
    codec = replace(DiskOffset(), radius=1.0)
    targets = codec.targets(person(18, 13), FRAME)
    maps = torch.cat([targets.disks[:, :, None], targets.offsets], 2).flatten(1, 2)
    assert codec.decode(maps, FRAME).points[0, 0].tolist() == [18, 13]
    maps[:, 1:] = 0
    assert codec.decode(maps, FRAME).points[0, 0].tolist() == [20, 12]
