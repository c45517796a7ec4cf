"""Integral regression in two dimensions (Sun et al. 2018): Simple Baselines whose maps are read as distributions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from torch import nn
from torchvision.models.resnet import Bottleneck

from training.codecs.codec import Codec
from training.codecs.integral import Integral, open_integral
from training.systems.backbones import IMAGENET, ResNetFeatures, SmallFeatures
from training.systems.offset_options import IntegralOptions
from training.systems.simple_baseline import SimpleBaseline
from training.systems.system import Stage, System


def stages(options: IntegralOptions, codec: Codec) -> tuple[Stage, ...]:
    """One output at stride 4."""
    if isinstance(codec, Integral):
        codec = replace(codec, heatmap=options.heatmap)
    return (Stage(codec, stride=4),)


def integral_system(backbone: Callable[[], nn.Module], deconv: Sequence[int] = (256, 256, 256), brings: str = IMAGENET) -> System:
    """The same network as Simple Baselines on a backbone at stride 32; reading its maps otherwise adds no parameters."""

    def build(options: IntegralOptions, channels: Sequence[int]) -> SimpleBaseline:
        features = backbone()
        return SimpleBaseline(features, features.channels, channels[0], options.deconv_channels or deconv)  # type: ignore[arg-type]

    source = "Sun et al. 2018, arXiv 1711.08229"
    return System(build, stages, open_integral, IntegralOptions, source=source, brings=brings)


TINY = integral_system(lambda: SmallFeatures((24, 48, 96, 160), 16), (64, 48, 48), brings="")
RESNET50 = integral_system(lambda: ResNetFeatures(Bottleneck, (3, 4, 6, 3)))
RESNET101 = integral_system(lambda: ResNetFeatures(Bottleneck, (3, 4, 23, 3)))
