"""Convolutional Pose Machines: stages that each read the image's features and the beliefs of the stage before.

Wei et al. 2016 (arXiv 1602.00134): the network of the paper (LSP) and that of the released MPII model, on VGG-19's layers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d
from torchvision.models.vgg import make_layers
from torchvision.ops import Conv2dNormActivation

from training.codecs.belief import open_belief
from training.codecs.codec import Codec
from training.systems.pose_machine_options import MOST_STAGES, MachineOptions
from training.systems.system import Stage, System

STRIDE = 8
CENTRE_SIGMA = 21 / 368  # of the crop's height
Conv = Callable[[int, int, int], nn.Module]


@dataclass(frozen=True)
class Widths:
    """Channels. vgg: of VGG's four blocks. tower: of the 9x9 convolutions, or of what follows VGG.

    features: of each later stage's own. wide, stage: of the first and of later stages.
    """

    vgg: tuple[int, int, int, int] = (64, 128, 256, 512)
    tower: int = 128
    features: int = 32
    wide: int = 512
    stage: int = 128


class VggFeatures(nn.Module):
    """3x3 convolutions of a width and pools ("M"), named as in the file of torchvision's VGG-19."""

    left_out = tuple(f"features.{layer}." for layer in (23, 25, 28, 30, 32, 34))

    def __init__(self, layers: list[str | int], norm: bool = False) -> None:
        super().__init__()
        self.features = make_layers(layers, batch_norm=norm)
        self.channels = next(layer.out_channels for layer in reversed(self.features) if isinstance(layer, nn.Conv2d))

    def forward(self, image: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, the last width, H/8, W/8)."""
        features: Tensor = self.features(image)
        return features


class PoseMachine(nn.Module):
    """The later stages: `depth` convolutions of `kernel` px over features of `width` channels and the beliefs before."""

    def __init__(
        self, maps: Sequence[int], width: int, kernel: int, depth: int, stage: int, norm: bool, centre_map: bool
    ) -> None:
        super().__init__()
        conv = partial(_conv, norm)
        self.centre_map = centre_map
        self.stages = nn.ModuleList(
            nn.Sequential(
                conv(width + before + centre_map, stage, kernel), *(conv(stage, stage, kernel) for _ in range(depth - 1)),
                conv(stage, stage, 1), nn.Conv2d(stage, own, 1),
            )
            for before, own in pairwise(maps)
        )  # fmt: skip

    def later(self, beliefs: Tensor, features: Sequence[Tensor], size_hw: tuple[int, int]) -> tuple[Tensor, ...]:
        """The beliefs of all stages, from those of the first and the features of each later one."""
        found = [beliefs]
        centre = [centre_map(size_hw).to(beliefs).expand(beliefs.shape[0], 1, -1, -1)] if self.centre_map else []
        for stage, own in zip(self.stages, features, strict=True):
            found.append(stage(torch.cat([own, found[-1], *centre], 1)))
        return tuple(found)


class PaperMachine(PoseMachine):
    """9x9 convolutions: one tower for the first stage, another that all later ones share."""

    kernel, depth, head = 11, 3, 4  # of a later stage: kernel, convolutions; place of the first stage's last convolution

    def __init__(self, maps: Sequence[int], widths: Widths, norm: bool, centre_map: bool) -> None:
        super().__init__(maps, widths.features, self.kernel, self.depth, widths.stage, norm, centre_map)
        conv = partial(_conv, norm)
        self.first = nn.Sequential(
            _tower(widths.tower, conv), conv(widths.tower, widths.features, 5), conv(widths.features, widths.wide, 9),
            conv(widths.wide, widths.wide, 1), nn.Conv2d(widths.wide, maps[0], 1),
        )  # fmt: skip
        self.tower = _tower(widths.tower, conv) if maps[1:] else None
        self.eyes = nn.ModuleList(conv(widths.tower, widths.features, 5) for _ in maps[1:])

    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> tuple[Float[Tensor, "batch maps rows columns"], ...]:
        """The beliefs of each stage, (B, maps, H/8, W/8)."""
        shared = self.tower(image) if self.tower is not None else image
        return self.later(self.first(image), [eye(shared) for eye in self.eyes], (image.shape[2], image.shape[3]))


class VggMachine(PoseMachine):
    """VGG-19's first ten convolutions and five more: features that all stages share, of which a cell sees 164 px."""

    kernel, depth, head = 7, 5, 1
    neck_kernels: tuple[int, ...] = (3, 3, 3, 3, 3)

    def __init__(self, maps: Sequence[int], widths: Widths, norm: bool, centre_map: bool) -> None:
        super().__init__(maps, widths.tower, self.kernel, self.depth, widths.stage, norm, centre_map)
        conv = partial(_conv, norm)
        published = widths.vgg == Widths.vgg  # ImageNet's layers have no normalisation
        self.backbone = VggFeatures(self.layers(widths.vgg), norm and not published)
        channels = [self.backbone.channels, *(2 * widths.tower for _ in self.neck_kernels[1:]), widths.tower]
        self.neck = nn.Sequential(*(conv(a, b, k) for (a, b), k in zip(pairwise(channels), self.neck_kernels, strict=True)))
        self.first = nn.Sequential(conv(widths.tower, widths.wide, 1), nn.Conv2d(widths.wide, maps[0], 1))

    def layers(self, widths: tuple[int, int, int, int]) -> list[str | int]:
        """conv1_1 to conv4_2."""
        a, b, c, d = widths
        return [a, a, "M", b, b, "M", c, c, c, c, "M", d, d]

    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> tuple[Float[Tensor, "batch maps rows columns"], ...]:
        """The beliefs of each stage, (B, maps, H/8, W/8)."""
        shared = self.neck(self.backbone(image))
        return self.later(self.first(shared), [shared] * len(self.stages), (image.shape[2], image.shape[3]))


class TinyMachine(VggMachine):
    """For crops of 64 px what the published ones are for those of 368.

    The first stage sees less than half of the crop (30 px; 160 of 368), each later one six cells of eight more (30 of 46).
    """

    kernel, depth = 3, 3
    neck_kernels = (1, 1, 1)

    def layers(self, widths: tuple[int, int, int, int]) -> list[str | int]:
        """One convolution before each of the first two pools, two before the third; none behind it."""
        a, b, c, _ = widths
        return [a, "M", b, "M", c, c, "M"]


def centre_map(size_hw: tuple[int, int]) -> Float[Tensor, "1 1 rows columns"]:
    """A Gaussian about the middle of the crop, averaged over windows of 9 px at stride 8."""
    sigma = CENTRE_SIGMA * size_hw[0]
    rows, columns = (torch.exp(-((torch.arange(n) + 0.5 - n / 2) ** 2) / (2 * sigma**2)) for n in size_hw)
    return avg_pool2d((rows[:, None] * columns)[None, None], STRIDE + 1, STRIDE, ceil_mode=True)


def _tower(width: int, conv: Conv) -> nn.Module:
    """Three 9x9 convolutions, each followed by a pool as Caffe's: 3x3 windows at stride 2, the last one cut off."""
    layers = [(conv(channels, width, 9), nn.MaxPool2d(3, 2, ceil_mode=True)) for channels in (3, width, width)]
    return nn.Sequential(*(layer for pair in layers for layer in pair))


def _conv(norm: bool, channels: int, width: int, kernel: int) -> nn.Module:
    return Conv2dNormActivation(channels, width, kernel, norm_layer=nn.BatchNorm2d if norm else None)


def _system(kind: type[PaperMachine] | type[VggMachine], widths: Widths, count: int, norm: str, brings: str = "") -> System:
    def build(options: MachineOptions, channels: Sequence[int]) -> nn.Module:
        return kind(channels, widths, (options.norm or norm) == "batch", options.centre_map)

    def stages(options: MachineOptions, codec: Codec) -> tuple[Stage, ...]:
        return tuple(Stage(codec, stride=STRIDE) for _ in range(options.stages or count))

    return System(
        build, stages, open_belief, MachineOptions, multiple=STRIDE,
        heads=(f"first.{kind.head}", *(f"stages.{index}.{kind.depth + 1}" for index in range(MOST_STAGES))),
        reads_maps=tuple(f"stages.{index}.0.0" for index in range(MOST_STAGES)),
        source="Wei et al. 2016, arXiv 1602.00134", brings=brings,
    )  # fmt: skip


PAPER = _system(PaperMachine, Widths(), 6, "none")
VGG = _system(VggMachine, Widths(), 6, "none", "ImageNet file")
TINY = _system(TinyMachine, Widths((16, 24, 48, 64), 32, wide=64, stage=48), 3, "batch")
