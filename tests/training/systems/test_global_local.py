"""The global-local network: sizes, resolution, and that its local maps gain."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from smpl_assets.skeletons import get_skeleton
from tests.training.systems.easy_set import SIDE, easy_set
from tests.training.systems.learning import pck, trained
from training.codecs.codec import Frame, Knobs, People, RegionRequest
from training.codecs.heatmap import Heatmap
from training.codecs.position_sensitive import PositionSensitive
from training.systems.build import build_model
from training.systems.pixels import normalise
from training.train_settings import TrainSettings


def parameters(*layers: torch.nn.Module) -> int:
    return sum(p.numel() for layer in layers for p in layer.parameters())


@pytest.mark.parametrize(("stride", "cells"), [(16, 14), (8, 28)])
def test_the_sizes_of_the_thesis(stride: int, cells: int) -> None:
    """42,528,846 of the global network and 5,630,638 of the local one, with 14 or 28 cells at 224 px."""
    with torch.device("meta"):
        model = build_model("global_local_resnet101", get_skeleton("lsp14"), 0, Knobs(), options={"stride": stride})
        outputs = model(torch.zeros(1, 3, 224, 224))
    network = model.network
    assert parameters(network.backbone, network.head) == 42_528_846
    assert parameters(network.conv6, network.local_head) == 5_630_638
    assert [o.shape[2:] for o in outputs] == [(cells, cells)] * 2


def test_as_published_it_learns_from_edge_boxes_of_two_cells_and_more_and_else_from_random_regions() -> None:
    skeleton = get_skeleton("lsp14")
    published = TrainSettings(network="global_local_resnet101", preset="published").options
    with torch.device("meta"):
        asked = build_model("global_local_resnet101", skeleton, 0, Knobs(), options=published).system.regions
        ours = build_model("global_local_tiny", skeleton, 0, Knobs(), options={"stride": 8}).system.regions
    assert asked == RegionRequest(20, 32.0)
    assert ours is None
    with pytest.raises(ValueError, match=r"options\.proposals: Input should be 'random' or 'edge_boxes'"):
        TrainSettings(network="global_local_tiny", options={"proposals": "selective_search"})


@pytest.mark.parametrize("cells", [(7, 7), (8, 8), (14, 28)])
def test_in_use_local_maps_that_are_true_are_read_as_the_global_ones(cells: tuple[int, int]) -> None:
    """Regions whose bins hold several cells would blur them: joints would be 0.5 px off instead of 0.3 at stride 8."""
    size = (8 * cells[0], 8 * cells[1])
    points = torch.rand(6, 1, 5, 2, generator=torch.Generator().manual_seed(0)) * torch.tensor([size[1], size[0]])
    frame = Frame(size, 8)
    maps = Heatmap(1.0).targets(People(points, torch.ones(6, 1, 5, dtype=torch.bool)), frame).heatmaps
    output = torch.cat([maps[:, :, None], maps[:, :, None].expand(-1, -1, 49, -1, -1)], 2).flatten(1, 2)
    whole, local = (PositionSensitive(1.0, "dark", use=use).decode(output, frame).points for use in ("global", "local"))
    assert torch.allclose(whole, local, atol=1e-3)


@pytest.mark.slow
def test_global_maps_local_maps_and_their_sum_find_joints() -> None:
    others = easy_set(300, 1)
    model = trained("global_local_tiny", easy_set(3000, 0), sigma=1.0, stride=8)
    model.network.eval()
    with torch.inference_mode():
        output = torch.cat([model(normalise(part))[-1] for part in others.images.split(100)])
    for use in ("global", "local", "sum"):
        codec = replace(model.last.codec, use=use)
        assert pck(codec.decode(output, model.last.frame((SIDE, SIDE))).points, others) >= 65
