"""Which systems the contract suites run over, and what they are shown."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from smpl_assets.skeletons import get_skeleton
from training.codecs.codec import Knobs, People
from training.systems.build import build_model
from training.systems.system import Phase, PoseModel
from training.systems.table import SYSTEMS

COCO = get_skeleton("coco17")
# systems that differ from another one by their size alone
DEEPER = (
    *("simple_resnet34", "simple_resnet50", "simple_resnet101", "simple_resnet152", "cpn_resnet50", "cpn_resnet101"),
    *("hrnet_w32", "hrnet_w48", "hourglass_1", "hourglass_2", "hourglass_8", "cpm_paper", "cpm_vgg"),
    *("ogn_resnet50", "ogn_resnet101", "ogn_resnet152", "integral_resnet50", "integral_resnet101"),
    *(
        "deep_pose",
        "coarse_to_fine",
        "global_local_resnet101",
        "regressor_baseline1",
        "regressor_baseline2",
        "regressor_alexnet",
        "regressor_vgg19",
    ),
)
NAMES = [name for name in SYSTEMS.own if name not in DEEPER]
# options that are not a system's own, by name; with them the cascades are quick, and the regressor learns in phases
_CHANNELS = {"deconv_channels": [16, 24, 16]}
OTHER: Mapping[str, Mapping[str, object]] = {
    **{name: _CHANNELS for name in NAMES if name.startswith("simple_")},
    "cpn_tiny": {"hardest": 3, "hidden_empty": False},
    "cpm_tiny": {"stages": 2, "norm": "none", "centre_map": False},
    "ogn_tiny": {"stride": 16, "radius": 1.5},
    "integral_tiny": {"heatmap": 0.1, **_CHANNELS},
    "deep_pose_tiny": {"stages": 2, "side": 32, "sigma": 1.5},
    "regressor_tiny": {"two_steps": True},
    "coarse_to_fine_tiny": {"window": 12, "lcn": True},
    "global_local_tiny": {"stride": 8, "bins": 3, "use": "local"},
}


def build(name: str, seed: int = 0, options: Mapping[str, object] | None = None) -> PoseModel:
    return build_model(name, COCO, seed, Knobs(sigma=1.0 if name.startswith("cpm") else 1.5), options=options)


def batch(count: int, seed: int = 0) -> tuple[torch.Tensor, People]:
    generator = torch.Generator().manual_seed(seed)
    image = torch.randint(0, 255, (count, 64, 64, 3), dtype=torch.uint8, generator=generator)
    points = 8 + 48 * torch.rand(count, 1, 17, 2, generator=generator)
    return image, People(points, torch.ones(count, 1, 17, dtype=torch.bool))


def phases_of(name: str, options: Mapping[str, object] | None = None) -> tuple[Phase, ...]:
    """In which a system learns; one of everything where it has none."""
    with torch.device("meta"):
        return build(name, options=options).system.phases or (Phase(1.0),)


# systems that learn in phases with OTHER options
PHASED = [name for name in NAMES if len(phases_of(name, OTHER.get(name))) > 1]
