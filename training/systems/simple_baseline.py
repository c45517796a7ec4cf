"""Simple Baselines: a ResNet, three deconvolutions, one map per channel of the codec (Xiao et al. 2018; T 4.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from jaxtyping import Float
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck

from training.codecs.codec import Codec
from training.codecs.heatmap import open_heatmap
from training.systems.backbones import IMAGENET, ResNetFeatures, SmallFeatures
from training.systems.options import SimpleOptions
from training.systems.system import Stage, System


class SimpleBaseline(nn.Module):
    """Backbone at stride 32, three 4x4 stride-2 deconvolutions, a 1x1 convolution: maps at stride 4.

    backbone: (B, 3, H, W) -> (B, C, H/32, W/32).
    """

    def __init__(
        self, backbone: nn.Module, backbone_channels: int, maps: int, deconv_channels: Sequence[int] = (256, 256, 256)
    ) -> None:
        super().__init__()
        self.backbone = backbone
        layers: list[nn.Module] = []
        channels = backbone_channels
        for width in deconv_channels:
            layers += [
                nn.ConvTranspose2d(channels, width, 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(inplace=True),
            ]
            channels = width
        self.deconvolutions = nn.Sequential(*layers)
        self.head = nn.Conv2d(channels, maps, 1)
        for layer in self.modules():
            if isinstance(layer, nn.ConvTranspose2d):
                nn.init.normal_(layer.weight, std=0.001)
        nn.init.normal_(self.head.weight, std=0.001)
        nn.init.constant_(self.head.bias, 0.0)  # type: ignore[arg-type]

    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> tuple[Float[Tensor, "batch maps rows columns"]]:
        """The one output, (B, maps, H/4, W/4), of normalised RGB crops."""
        return (self.head(self.deconvolutions(self.backbone(image))),)


def _build(backbone: nn.Module, channels: Sequence[int], options: SimpleOptions, deconv: Sequence[int]) -> SimpleBaseline:
    return SimpleBaseline(backbone, backbone.channels, channels[0], options.deconv_channels or deconv)  # type: ignore[arg-type]


def stages(options: SimpleOptions, codec: Codec) -> tuple[Stage, ...]:
    """One output at stride 4."""
    return (Stage(codec, stride=4),)


def simple_system(backbone: Callable[[], nn.Module], deconv: Sequence[int] = (256, 256, 256), brings: str = IMAGENET) -> System:
    """Simple Baselines on a backbone at stride 32 that says its `channels`. brings: what it can start from."""
    return System(
        lambda options, channels: _build(backbone(), channels, options, deconv), stages, open_heatmap, SimpleOptions,
        source="Xiao et al. 2018, arXiv 1804.06208", brings=brings,
    )  # fmt: skip


TINY = simple_system(lambda: SmallFeatures((24, 48, 96, 160), 16), (64, 48, 48), brings="")
SMALL = simple_system(lambda: SmallFeatures((48, 96, 192, 320), 24), (128, 96, 96), brings="")
RESNET18 = simple_system(lambda: ResNetFeatures(BasicBlock, (2, 2, 2, 2)))
RESNET34 = simple_system(lambda: ResNetFeatures(BasicBlock, (3, 4, 6, 3)))
RESNET50 = simple_system(lambda: ResNetFeatures(Bottleneck, (3, 4, 6, 3)))
RESNET101 = simple_system(lambda: ResNetFeatures(Bottleneck, (3, 4, 23, 3)))
RESNET152 = simple_system(lambda: ResNetFeatures(Bottleneck, (3, 8, 36, 3)))
