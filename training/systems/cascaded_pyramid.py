"""Cascaded Pyramid Network: a feature pyramid finds the easy joints, a second network on all its levels the hard ones.

Chen et al. 2018 (arXiv 1711.07319), with the layers of the authors' code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from jaxtyping import Float
from torch import Tensor, cat, nn
from torch.nn.functional import interpolate
from torchvision.models.resnet import Bottleneck
from torchvision.ops import Conv2dNormActivation

from training.codecs.codec import Codec
from training.codecs.hardest import HardestHeatmap, open_hardest
from training.codecs.heatmap import Heatmap
from training.codecs.seen import SeenHeatmap
from training.systems.backbones import IMAGENET
from training.systems.cascaded_pyramid_options import PyramidOptions
from training.systems.pyramid_backbones import ResNetPyramid, SmallPyramid
from training.systems.system import Stage, System

LEVELS = 4
# Sigmas of the global maps, coarse to fine, against that of the refined one: OpenCV's for kernels of 15, 11, 9 and 7 px.
SIGMAS = (2.6 / 1.4, 2.0 / 1.4, 1.7 / 1.4, 1.0)
GLOBAL_WEIGHT = 0.5


class HalfBottleneck(Bottleneck):
    """torchvision's bottleneck with half as many channels inside as outside."""

    expansion = 2


class GlobalNet(nn.Module):
    """Levels from coarse to fine, each the sum of its own features and the upsampled ones before, and maps of each at stride 4.

    channels: of the backbone's levels, fine to coarse. maps: of each level, coarse to fine.
    """

    def __init__(self, channels: Sequence[int], width: int, maps: Sequence[int]) -> None:
        super().__init__()
        self.laterals = nn.ModuleList(Conv2dNormActivation(c, width, 1) for c in reversed(channels))
        self.merges = nn.ModuleList(nn.Conv2d(width, width, 1) for _ in channels[1:])
        self.features = nn.ModuleList(Conv2dNormActivation(width, width, 1) for _ in channels)
        self.heads = nn.ModuleList(nn.Conv2d(width, m, 3, padding=1) for m in maps)

    def forward(self, levels: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """(Pyramid, maps), both coarse to fine."""
        pyramid: list[Tensor] = []
        for index, (lateral, level) in enumerate(zip(self.laterals, reversed(levels), strict=True)):
            own = lateral(level)
            pyramid.append(own + self.merges[index - 1](enlarged(pyramid[-1], own)) if pyramid else own)
        maps = [head(feature(p)) for p, feature, head in zip(pyramid, self.features, self.heads, strict=True)]
        return pyramid, [enlarged(m, levels[0]) for m in maps]


class RefineNet(nn.Module):
    """All levels at stride 4, the coarser ones after more bottlenecks, into one map per channel of the codec."""

    def __init__(self, width: int, maps: int) -> None:
        super().__init__()
        self.towers = nn.ModuleList(
            nn.Sequential(*(HalfBottleneck(width, width // 2) for _ in range(depth))) for depth in reversed(range(LEVELS))
        )
        shortcut = Conv2dNormActivation(LEVELS * width, width, 1, activation_layer=None)
        self.merge = HalfBottleneck(LEVELS * width, width // 2, downsample=shortcut)
        self.head = nn.Conv2d(width, maps, 3, padding=1)

    def forward(self, pyramid: Sequence[Tensor]) -> Tensor:
        """Pyramid (coarse to fine) -> maps."""
        finest = pyramid[-1]
        towers = [enlarged(tower(level), finest) for tower, level in zip(self.towers, pyramid, strict=True)]
        merged: Tensor = self.head(self.merge(cat(towers, 1)))
        return merged


class CascadedPyramid(nn.Module):
    """backbone: (B, 3, H, W) -> four levels of `level_channels`. width: of the pyramid. maps: of the five outputs."""

    def __init__(self, backbone: ResNetPyramid | SmallPyramid, width: int, maps: Sequence[int]) -> None:
        super().__init__()
        self.backbone = backbone
        self.global_net = GlobalNet(backbone.level_channels, width, maps[:LEVELS])
        self.refine_net = RefineNet(width, maps[LEVELS])
        for head in (*self.global_net.heads, self.refine_net.head):
            nn.init.normal_(head.weight, std=0.001)
            nn.init.zeros_(head.bias)

    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> tuple[Float[Tensor, "batch maps rows columns"], ...]:
        """Global maps from the coarsest level to the finest, and the refined ones: all (B, maps, H/4, W/4)."""
        pyramid, maps = self.global_net(self.backbone(image))
        return (*maps, self.refine_net(pyramid))


def enlarged(maps: Tensor, like: Tensor) -> Tensor:
    """Bilinearly, in the continuous frame that crops and maps share."""
    return maps if maps.shape[2:] == like.shape[2:] else interpolate(maps, like.shape[2:], mode="bilinear", align_corners=False)


def stages(options: PyramidOptions, codec: Codec) -> tuple[Stage, ...]:
    """Four global maps, the coarser the wider their Gaussians, half as important as the refined one together; then that one."""
    if isinstance(codec, HardestHeatmap):
        codec = HardestHeatmap(codec.sigma, codec.how, options.hardest or 0)
    if not isinstance(codec, Heatmap):
        return (*(Stage(codec, GLOBAL_WEIGHT / LEVELS) for _ in SIGMAS), Stage(codec))
    kind = SeenHeatmap if options.hidden_empty else Heatmap
    return (*(Stage(kind(factor * codec.sigma, codec.how), GLOBAL_WEIGHT / LEVELS) for factor in SIGMAS), Stage(codec))


def _system(backbone: Callable[[], ResNetPyramid | SmallPyramid], width: int = 256, brings: str = IMAGENET) -> System:
    return System(
        lambda options, channels: CascadedPyramid(backbone(), width, channels), stages, open_hardest, PyramidOptions,
        heads=(*(f"global_net.heads.{level}" for level in range(LEVELS)), "refine_net.head"),
        source="Chen et al. 2018, arXiv 1711.07319", brings=brings,
    )  # fmt: skip


RESNET50 = _system(lambda: ResNetPyramid(Bottleneck, (3, 4, 6, 3)))
RESNET101 = _system(lambda: ResNetPyramid(Bottleneck, (3, 4, 23, 3)))
TINY = _system(lambda: SmallPyramid((24, 48, 96, 160), 16), 64, brings="")
