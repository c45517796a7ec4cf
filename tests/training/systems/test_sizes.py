"""Parameter counts of full systems, to the digit: against the publications' code, counted there."""

import pytest
import timm
import torch
import torchvision
from safetensors.torch import save_file

from smpl_assets.skeletons import get_skeleton
from training.codecs.codec import Knobs
from training.systems.build import build_model
from training.systems.checkpoint import load_backbone

COUNTS = [
    ("simple_resnet50", "coco17", 33_999_697),
    ("cpn_resnet50", "coco17", 27_009_685),
    ("cpn_resnet50", "mpii16", 26_998_160),
    ("cpn_resnet101", "coco17", 46_001_813),
    ("hrnet_w32", "coco17", 28_536_113),
    ("hrnet_w48", "coco17", 63_595_745),
    ("hourglass_1", "mpii16", 3_586_960),
    ("hourglass_2", "mpii16", 6_730_912),
    ("hourglass_8", "mpii16", 25_594_624),
    ("hourglass_8", "coco17", 25_598_472),
    ("cpm_paper", "lsp14", 31_219_866),
    ("cpm_vgg", "lsp14", 29_852_058),
]


@pytest.mark.parametrize(("name", "skeleton", "count"), COUNTS)
def test_parameters(name, skeleton, count):
    with torch.device("meta"):
        network = build_model(name, get_skeleton(skeleton), 0, Knobs()).network
    assert sum(p.numel() for p in network.parameters()) == count


def test_the_centre_map_has_its_share():
    with torch.device("meta"):
        network = build_model("cpm_paper", get_skeleton("lsp14"), 0, Knobs(), options={"centre_map": False}).network
    assert sum(p.numel() for p in network.parameters()) == 31_142_426


@pytest.mark.parametrize("name", ["hrnet_w32", "cpm_vgg"])
def test_imagenet_files_of_the_whole_classifier_load(name, tmp_path):
    """timm's and torchvision's own files, with what the pose network leaves out of them."""
    with torch.device("meta"):
        reference = timm.create_model(name) if name.startswith("hrnet") else torchvision.models.vgg19(weights=None)
    model = build_model(name, get_skeleton("lsp14"), 0, Knobs(), options={} if name.startswith("hrnet") else {"stages": 1})
    wanted = model.network.backbone.state_dict()
    state = {n: torch.zeros(v.shape if n in wanted else 1, dtype=v.dtype) for n, v in reference.state_dict().items()}
    first = next(iter(wanted))
    state[first] += 3
    save_file(state, tmp_path / "imagenet.safetensors")
    assert load_backbone(model, tmp_path / "imagenet.safetensors") == len(wanted)
    assert torch.equal(model.network.backbone.state_dict()[first], state[first])


@pytest.mark.parametrize("depth", [50, 101])
def test_torchvisions_file_fits_the_pyramids_backbone(depth):
    with torch.device("meta"):
        backbone = build_model(f"cpn_resnet{depth}", get_skeleton("coco17"), 0, Knobs()).network.backbone
        reference = getattr(torchvision.models, f"resnet{depth}")(weights=None)
    shapes = {n: v.shape for n, v in reference.state_dict().items() if not n.startswith("fc.")}
    assert {n: v.shape for n, v in backbone.state_dict().items()} == shapes
