"""Parameter counts of full systems, to the digit: against the publications' code, counted there."""

import pytest
import torch
import torchvision

from smpl_assets.skeletons import get_skeleton
from training.codecs.codec import Knobs
from training.systems.build import build_model

COUNTS = [
    ("simple_resnet50", "coco17", 33_999_697),
    ("cpn_resnet50", "coco17", 27_009_685),
    ("cpn_resnet50", "mpii16", 26_998_160),
    ("cpn_resnet101", "coco17", 46_001_813),
]


@pytest.mark.parametrize(("name", "skeleton", "count"), COUNTS)
def test_parameters(name, skeleton, count):
    with torch.device("meta"):
        network = build_model(name, get_skeleton(skeleton), 0, Knobs()).network
    assert sum(p.numel() for p in network.parameters()) == count


@pytest.mark.parametrize("depth", [50, 101])
def test_torchvisions_file_fits_the_pyramids_backbone(depth):
    with torch.device("meta"):
        backbone = build_model(f"cpn_resnet{depth}", get_skeleton("coco17"), 0, Knobs()).network.backbone
        reference = getattr(torchvision.models, f"resnet{depth}")(weights=None)
    shapes = {n: v.shape for n, v in reference.state_dict().items() if not n.startswith("fc.")}
    assert {n: v.shape for n, v in backbone.state_dict().items()} == shapes
