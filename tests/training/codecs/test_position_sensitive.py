"""Position-sensitive maps, by hand and against torchvision's pooling."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import pad
from torchvision.ops import ps_roi_pool

from training.codecs.codec import Codec, Frame, People
from training.codecs.position_sensitive import PositionSensitive, draw_regions, pooling, put_back, whole_cells

RAMP = torch.arange(16.0).view(4, 4)


def pooled(region: list[int], bins: int = 2) -> list[list[float]]:
    rows, columns = pooling(torch.tensor([region]), bins, (4, 4))
    return torch.einsum("riy,rjx,yx->rij", rows, columns, RAMP)[0].tolist()


def test_a_region_on_the_border_has_all_its_cells() -> None:
    """The whole 4 x 4 map in 2 x 2 bins, and the four cells of its lower right corner, each a bin of its own."""
    assert pooled([0, 0, 4, 4]) == [[2.5, 4.5], [10.5, 12.5]]
    assert pooled([2, 2, 4, 4]) == [[10, 11], [14, 15]]
    assert pooled([1, 0, 4, 1]) == [[1.5, 2.5], [1.5, 2.5]]  # three columns: bins share the one in the middle


def test_it_pools_as_torchvision_does_on_a_padded_map() -> None:
    """Unpadded, `ps_roi_pool` loses the last row and column of regions on the border."""
    codec, generator = PositionSensitive(bins=3), torch.Generator().manual_seed(0)
    maps = torch.rand(1, 2 * 10, 8, 9, generator=generator)
    regions = draw_regions(torch.rand(40, 4, generator=generator), (8, 9))
    ours = codec._pooled(maps, regions)[0]
    local = maps.unflatten(1, (2, 10))[:, :, 1:].flatten(1, 2)
    boxes = torch.cat([torch.zeros(40, 1), regions.float()], 1)
    theirs = ps_roi_pool(pad(local, (0, 1, 0, 1)), boxes, 3)
    assert (ours - theirs).abs().max() < 1e-5


def test_it_pools_in_single_precision_under_autocast() -> None:
    codec, frame = PositionSensitive(bins=3), Frame((64, 64), 8)
    maps = torch.rand(1, 2 * 10, 8, 8, generator=torch.Generator().manual_seed(0))
    regions = torch.tensor([[[0.0, 0.0, 50.0, 40.0]]])
    asked = People(torch.full((1, 1, 2, 2), 21.0), torch.ones(1, 1, 2, dtype=torch.bool), regions=regions)
    targets = codec.targets(asked, frame)
    loss = codec.loss(maps, targets)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(codec.targets(asked, frame).bins, targets.bins)
        assert torch.equal(codec.loss(maps, targets).sum, loss.sum)


def test_the_mirror_turns_maps_and_bins() -> None:
    codec, both = PositionSensitive(bins=2), (1, 0)
    assert isinstance(codec, Codec)
    maps = torch.zeros(1, 10, 4, 4)
    maps[0, 1, 1, 0] = 1.0  # the first joint's bin (0, 0), on the left
    mirrored = codec.mirror(maps, both)
    assert mirrored[0, 5 + 2, 1, 3] == 1.0  # the second joint's bin (0, 1), on the right
    assert mirrored.sum() == 1
    assert torch.equal(codec.mirror(mirrored, both), maps)


def test_the_loss_by_hand_and_without_unsupervised_joints() -> None:
    """Maps that say nothing are wrong by the squares of the pooled heatmap."""
    codec, frame = PositionSensitive(sigma=0.5, bins=2, regions=1), Frame((32, 32), 8)
    points = torch.full((1, 1, 2, 2), 12.0)
    targets = codec.targets(People(points, torch.tensor([[[True, False]]])), frame)
    assert targets.regions.tolist() == [[0, 0, 4, 4]]
    output = torch.zeros(1, 10, 4, 4, requires_grad=True)
    loss = codec.loss(output, targets)
    assert loss.sum.item() == pytest.approx((targets.bins[0, 0, 0] ** 2).mean().item())
    assert loss.count.item() == 1
    loss.sum.sum().backward()
    assert output.grad is not None
    assert output.grad[0, 1:5].any()
    assert not output.grad[0, 5:].any()


def test_each_sample_is_pooled_by_its_own_regions() -> None:
    """Eq 3.2 by hand: bin (i, j) of sample b is the mean of map (i, j) over the bin's cells of the region of b."""
    codec, generator = PositionSensitive(bins=2), torch.Generator().manual_seed(0)
    maps = torch.rand(2, 5, 4, 4, generator=generator)
    bins = codec._pooled(maps, torch.tensor([[[0, 0, 4, 4], [2, 2, 4, 4]], [[1, 0, 4, 2], [0, 1, 1, 4]]]))
    assert bins.shape == (2, 2, 1, 2, 2)
    assert bins[0, 0, 0, 0, 1] == pytest.approx(maps[0, 2, :2, 2:].mean().item())
    assert bins[0, 1, 0, 1, 0] == pytest.approx(maps[0, 3, 3, 2].item())
    assert bins[1, 0, 0, 0, 0] == pytest.approx(maps[1, 1, 0, 1:3].mean().item())  # three columns: the middle one is in both
    assert bins[1, 0, 0, 1, 1] == pytest.approx(maps[1, 4, 1, 2:4].mean().item())
    assert bins[1, 1, 0, 1, 1] == pytest.approx(maps[1, 4, 2:4, 0].mean().item())  # one column: it is in both bins


def test_regions_that_all_samples_share_give_what_the_same_ones_of_each_give() -> None:
    codec, generator = PositionSensitive(bins=3), torch.Generator().manual_seed(0)
    maps = torch.rand(3, 20, 6, 7, generator=generator)
    regions = draw_regions(torch.rand(8, 4, generator=generator), (6, 7))
    assert torch.allclose(codec._pooled(maps, regions), codec._pooled(maps, regions.expand(3, -1, -1)), atol=1e-6)


def test_people_bring_their_regions_in_px() -> None:
    """Borders at the nearest cells' borders, within the map; the target is the heatmap's mean over the bins of these cells."""
    codec, frame = PositionSensitive(sigma=0.5, bins=2, regions=3), Frame((32, 40), 8)
    regions = torch.tensor([[[3.0, 5.0, 31.0, 20.0], [-4.0, 0.0, 44.0, 32.0]], [[8.0, 8.0, 9.0, 9.0], [38.0, 30.0, 40.0, 32.0]]])
    people = People(torch.full((2, 1, 1, 2), 12.0), torch.ones(2, 1, 1, dtype=torch.bool), regions=regions)
    targets = codec.targets(people, frame)
    assert targets.regions.tolist() == [[[0, 1, 4, 3], [0, 0, 5, 4]], [[1, 1, 2, 2], [4, 3, 5, 4]]]
    assert torch.equal(targets.regions, whole_cells(regions, frame))
    near = torch.exp(torch.tensor(-0.5 / 0.5**2)).item()  # one cell from the joint, which is in the middle of cell (1, 1)
    assert targets.bins[0, 0, 0, 0, 0].item() == pytest.approx((1 + near) / 2, abs=1e-6)
    assert targets.bins[1, 0, 0].flatten().tolist() == pytest.approx([1, 1, 1, 1])
    output = torch.zeros(2, 5, 4, 5, requires_grad=True)
    loss = codec.loss(output, targets)
    assert loss.sum.tolist() == pytest.approx((targets.bins**2).mean((1, 2, 3, 4)).tolist())
    loss.sum[0].backward()
    assert output.grad is not None
    assert not output.grad[1].any()


def test_bins_go_back_to_where_they_were_cut() -> None:
    """Of one region twice as large as its bins the middles of the bins lie between cells: bilinear."""
    bins = torch.tensor([[0.0, 1.0], [0.0, 1.0]]).view(1, 1, 1, 2, 2)
    back = put_back(bins, torch.tensor([[0, 0, 4, 4]]), (4, 6))
    assert back[0, 0, 0].tolist() == pytest.approx([0, 0.25, 0.75, 1, 0, 0])
    two = put_back(torch.tensor([0.0, 1.0]).view(1, 2, 1, 1, 1), torch.tensor([[0, 0, 2, 1], [1, 0, 3, 1]]), (1, 4))
    assert two[0, 0, 0].tolist() == pytest.approx([0, 0.5, 1, 0])


@pytest.mark.parametrize("use", ["global", "local", "sum"])
def test_perfect_maps_are_decoded_to_the_cell(use: str) -> None:
    codec, frame = PositionSensitive(sigma=1.0, how="argmax", bins=3, use=use), Frame((96, 96), 8)
    asked = torch.tensor([[[[44.0, 60.0]]]])
    whole = torch.zeros(1, 1, 12, 12)
    whole[0, 0, 7, 5] = 1.0
    maps = torch.nn.functional.conv2d(whole, torch.outer(*[torch.tensor([0.6, 1.0, 0.6])] * 2)[None, None], padding=1)
    found = codec.decode(maps.expand(-1, 10, -1, -1).contiguous(), frame)
    assert (found.points[0, 0] - asked[0, 0, 0]).abs().max() <= 8
