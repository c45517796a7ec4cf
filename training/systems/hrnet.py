"""HRNet: branches at strides 4 to 32 side by side that exchange features all the way (Sun et al. 2019), timm's body."""

from __future__ import annotations

from typing import Any

from jaxtyping import Float
from timm.models.hrnet import HighResolutionNetFeatures
from torch import Tensor, nn

from training.codecs.codec import Codec
from training.codecs.heatmap import open_heatmap
from training.systems.system import NoOptions, Stage, System

LAST = 2  # of stage 4's modules


class HRNetFeatures(HighResolutionNetFeatures):
    """The stride-4 branch of stage 4. Names are those of the authors' code: ImageNet files of theirs and of timm fit.

    width: channels at stride 4, doubled from branch to branch. modules: of stages 2 to 4. blocks: per branch.
    bottleneck: channels inside stage 1's.
    """

    left_out = (
        *(f"stage4.{LAST}.fuse_layers.{row}." for row in (1, 2, 3)),
        "incre_modules.",
        "downsamp_modules.",
        "final_layer.",
    )

    def __init__(
        self, width: int, modules: tuple[int, int, int] = (1, 4, LAST + 1), blocks: int = 4, bottleneck: int = 64
    ) -> None:
        layout: dict[str, Any] = {"stem_width": 64, "stage1": _stage(1, 1, "BOTTLENECK", blocks, bottleneck)}
        for branches, number in zip((2, 3, 4), modules, strict=True):
            layout[f"stage{branches}"] = _stage(number, branches, "BASIC", blocks, width)
        super().__init__(layout, feature_location="", out_indices=(1,))
        last = self.stage4[-1]
        last.fuse_layers = nn.ModuleList([last.fuse_layers[0]])  # the other branches' ends are nobody's input

    def forward(self, image: Tensor) -> Tensor:  # type: ignore[override]
        """(B, 3, H, W) -> (B, width, H/4, W/4)."""
        features: Tensor = super().forward(image)[0]
        return features


class HRNet(nn.Module):
    """Stride-4 features and a 1x1 convolution."""

    def __init__(self, backbone: HRNetFeatures, width: int, maps: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = nn.Conv2d(width, maps, 1)
        nn.init.normal_(self.head.weight, std=0.001)
        nn.init.constant_(self.head.bias, 0.0)  # type: ignore[arg-type]

    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> tuple[Float[Tensor, "batch maps rows columns"]]:
        """The one output, (B, maps, H/4, W/4)."""
        return (self.head(self.backbone(image)),)


def stages(options: NoOptions, codec: Codec) -> tuple[Stage, ...]:
    """One output at stride 4."""
    return (Stage(codec, stride=4),)


def _stage(modules: int, branches: int, block: str, blocks: int, width: int) -> dict[str, Any]:
    channels = tuple(width * 2**branch for branch in range(branches))
    return {
        "num_modules": modules, "num_branches": branches, "block_type": block, "num_blocks": (blocks,) * branches,
        "num_channels": channels, "fuse_method": "SUM",
    }  # fmt: skip


def _system(width: int, brings: str = "ImageNet file (timm, MSRA)", **layout: Any) -> System:
    return System(
        lambda options, channels: HRNet(HRNetFeatures(width, **layout), width, channels[0]), stages, open_heatmap,
        source="Sun et al. 2019, arXiv 1902.09212", brings=brings,
    )  # fmt: skip


W32, W48 = _system(32), _system(48)
TINY = _system(16, brings="", modules=(1, 1, 1), blocks=1, bottleneck=16)
