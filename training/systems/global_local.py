"""The thesis's global-local network (T 3): global heatmaps, and position-sensitive maps learnt from regions of the crop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck

from training.codecs.codec import Codec, RegionRequest
from training.codecs.heatmap import open_heatmap
from training.codecs.position_sensitive import PositionSensitive
from training.systems.backbones import IMAGENET, ResNetFeatures, SmallFeatures
from training.systems.coarse_options import GlobalLocalOptions
from training.systems.own_codec import require_heatmaps
from training.systems.system import Phase, Stage, System


class GlobalLocal(nn.Module):
    """backbone: (B, 3, H, W) -> (B, C, H / stride, W / stride). joints: of the global maps. width: of conv6. bins: a side."""

    def __init__(self, backbone: nn.Module, channels: int, joints: int, width: int, bins: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = nn.Conv2d(channels, joints, 1)
        self.conv6 = nn.Sequential(nn.Conv2d(channels + joints, width, 1), nn.ReLU(inplace=True))
        self.local_head = nn.Conv2d(width, joints * bins**2, 1)
        for head in (self.head, self.local_head):
            nn.init.normal_(head.weight, std=0.001)
            nn.init.zeros_(head.bias)  # type: ignore[arg-type]

    def forward(
        self, image: Float[Tensor, "batch 3 height width"]
    ) -> tuple[Float[Tensor, "batch joints rows columns"], Float[Tensor, "batch maps rows columns"]]:
        """Global maps, and per joint its global map followed by those of its bins."""
        features = self.backbone(image)
        whole = self.head(features)
        local = self.local_head(self.conv6(torch.cat([features, whole], 1)))
        joints = local.unflatten(1, (whole.shape[1], -1))
        return whole, torch.cat([whole[:, :, None].to(local.dtype), joints], 2).flatten(1, 2)


def keep_resolution(blocks: Iterable[BasicBlock | Bottleneck]) -> None:
    """Let blocks that halve the resolution keep it; their weights fit as before."""
    for block in blocks:
        strided = block.conv2 if isinstance(block, Bottleneck) else block.conv1
        strided.stride = (1, 1)
        if block.downsample is not None:
            block.downsample[0].stride = (1, 1)


def _resnet101(options: GlobalLocalOptions) -> ResNetFeatures:
    features = ResNetFeatures(Bottleneck, (3, 4, 23, 3))
    late = (features.layer4,) if options.stride == 16 else (features.layer3, features.layer4)
    keep_resolution(layer[0] for layer in late)
    return features


def _small(options: GlobalLocalOptions) -> SmallFeatures:
    features = SmallFeatures((24, 48, 96, 96), 16)
    keep_resolution(features.blocks[3 if options.stride == 16 else 2 :])
    return features


def stages(options: GlobalLocalOptions, codec: Codec) -> tuple[Stage, ...]:
    """Global maps, then the maps of bins."""
    codec = require_heatmaps(codec, "the global-local network pools heatmaps by regions")
    local = PositionSensitive(codec.sigma, codec.how, options.bins, options.regions, options.use)
    return Stage(codec, stride=options.stride), Stage(local, stride=options.stride)


def regions_of(options: GlobalLocalOptions) -> RegionRequest | None:
    """Boxes of two cells and more: along a side of one cell, all bins see the same."""
    return RegionRequest(options.regions, 2.0 * options.stride) if options.proposals == "edge_boxes" else None


def global_local_system(
    backbone: Callable[[GlobalLocalOptions], ResNetFeatures | SmallFeatures], width: int, brings: str = IMAGENET
) -> System:
    """A backbone that keeps its resolution, and the width of conv6. The global part learns first, then everything."""

    def build(options: GlobalLocalOptions, channels: Sequence[int]) -> GlobalLocal:
        features = backbone(options)
        return GlobalLocal(features, features.channels, channels[0], width, options.bins)

    phases = Phase(0.5, ("backbone.", "head."), (0,)), Phase(0.5)
    return System(
        build, stages, open_heatmap, GlobalLocalOptions, multiple=16, heads=("head", "local_head"), reads_maps=("conv6",),
        phases=phases, regions_of=regions_of, source="the thesis, chapter 3", brings=brings,
    )  # fmt: skip


TINY = global_local_system(_small, 256, brings="")
RESNET101 = global_local_system(_resnet101, 2048)
