"""The offset-guided network of Zhang et al. 2019 (O 3.1): coarse maps of disks, and offsets inside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from torch import nn
from torchvision.models.resnet import Bottleneck

from training.codecs.codec import Codec
from training.codecs.disk_offset import DiskOffset, open_disk_offset
from training.systems.backbones import IMAGENET, ResNetFeatures, SmallFeatures
from training.systems.offset_options import OffsetOptions
from training.systems.simple_baseline import SimpleBaseline
from training.systems.system import Stage, System

_DECONVOLUTIONS = {4: 3, 8: 2, 16: 1}


def stages(options: OffsetOptions, codec: Codec) -> tuple[Stage, ...]:
    """One output at the stride of the options. A codec of the configuration's (`heatmap`) takes the place of the disks."""
    if isinstance(codec, DiskOffset):
        codec = replace(codec, radius=options.radius)
    return (Stage(codec, stride=options.stride),)


def offset_system(backbone: Callable[[], nn.Module], width: int = 256, brings: str = IMAGENET) -> System:
    """A backbone at stride 32, deconvolutions of `width` channels, one 1x1 convolution for disks and offsets.

    It is Simple Baselines with fewer deconvolutions; the paper's two 1x1 convolutions side by side are one here.
    """

    def build(options: OffsetOptions, channels: Sequence[int]) -> SimpleBaseline:
        features = backbone()
        widths = [options.deconv_channels or width] * _DECONVOLUTIONS[options.stride]
        return SimpleBaseline(features, features.channels, channels[0], widths)  # type: ignore[arg-type]

    source = "Zhang et al. 2019, Exploiting Offset-guided Network (O)"
    return System(build, stages, open_disk_offset, OffsetOptions, source=source, brings=brings)


TINY = offset_system(lambda: SmallFeatures((24, 48, 96, 160), 16), 64, brings="")
RESNET50 = offset_system(lambda: ResNetFeatures(Bottleneck, (3, 4, 6, 3)))
RESNET101 = offset_system(lambda: ResNetFeatures(Bottleneck, (3, 4, 23, 3)))
RESNET152 = offset_system(lambda: ResNetFeatures(Bottleneck, (3, 8, 36, 3)))
