"""The offset-guided network and integral regression: sizes, options, and that they learn."""

from __future__ import annotations

import pytest
import torch

from smpl_assets.errors import InputError
from smpl_assets.skeletons import get_skeleton
from tests.training.systems.easy_set import SKELETON, Figures, easy_set
from tests.training.systems.learning import found, learn, pck, trained
from training.codecs.codec import Knobs
from training.codecs.disk_offset import DiskOffset
from training.codecs.heatmap import Heatmap
from training.codecs.integral import Integral
from training.systems.build import build_model
from training.systems.system import PoseModel

COCO = get_skeleton("coco17")


@pytest.fixture(scope="module")
def figures() -> Figures:
    return easy_set(3000, 0)


@pytest.fixture(scope="module")
def others() -> Figures:
    return easy_set(300, 1)


def build(name: str, skeleton: str = "coco17", codec: str = "", **options: object) -> PoseModel:
    with torch.device("meta"):
        return build_model(name, get_skeleton(skeleton), 0, Knobs(), codec, options)


@pytest.mark.parametrize(
    ("name", "skeleton", "options", "parameters"),
    [
        ("ogn_resnet50", "coco17", {}, 32_959_347),
        ("ogn_resnet50", "coco17", {"stride": 16}, 31_910_259),
        ("ogn_resnet101", "coco17", {}, 51_951_475),
        ("ogn_resnet152", "coco17", {}, 67_595_123),
        ("integral_resnet50", "mpii16", {}, 33_999_440),
    ],
)
def test_sizes(name: str, skeleton: str, options: dict[str, int], parameters: int) -> None:
    assert sum(p.numel() for p in build(name, skeleton, **options).network.parameters()) == parameters


@pytest.mark.parametrize("stride", [4, 8, 16])
def test_the_stride_is_an_option(stride: int) -> None:
    model = build("ogn_tiny", stride=stride, radius=1.5)
    assert model.last.codec == DiskOffset(1.5)
    assert model(torch.zeros(1, 3, 64, 96, device="meta"))[-1].shape == (1, 51, 64 // stride, 96 // stride)


def test_codecs_can_be_exchanged() -> None:
    assert build("ogn_tiny", codec="heatmap", stride=16).last.codec == Heatmap(2.0, "quarter")
    assert build("simple_tiny", codec="disk_offset").last.codec == DiskOffset()
    assert build("integral_tiny", heatmap=0.5).last.codec == Integral(2.0, 0.5)


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("ogn_tiny", {"radius": 0.5}, "radius"),
        ("ogn_tiny", {"stride": 32}, "stride"),
        ("integral_tiny", {"heatmap": -1}, "heatmap"),
    ],
)
def test_options_out_of_range_are_refused(name: str, options: dict[str, float], says: str) -> None:
    with pytest.raises(InputError, match=rf"train\.options\.{says} of {name}"):
        build(name, **options)


@pytest.mark.slow
def test_offsets_find_at_stride_16_what_plain_heatmaps_cannot(figures: Figures, others: Figures) -> None:
    """O's table 1: 52.0 -> 67.7 AP at stride 16."""
    offsets = pck(found(trained("ogn_tiny", figures, stride=16), others), others)
    model = build_model("ogn_tiny", SKELETON, 0, Knobs(sigma=0.7), "heatmap", {"stride": 16})
    learn(model, figures)
    assert offsets >= 65
    assert offsets >= pck(found(model, others), others) + 25


@pytest.mark.slow
def test_integral_regression_learns(figures: Figures, others: Figures) -> None:
    points = found(trained("integral_tiny", figures), others)
    assert pck(points, others) >= 65
    assert pck(points, others, 0.05) >= 15  # plain heatmaps at stride 4: 12
