"""The four regressors of U (3.3): presence and place of every joint from dense layers that part after the first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torchvision.models import AlexNet
from torchvision.models.vgg import cfgs, make_layers

from training.codecs.codec import Codec
from training.codecs.coordinates import Presence, PresentCoordinates
from training.systems.backbones import IMAGENET
from training.systems.coordinate_options import RegressorOptions
from training.systems.own_codec import require_codec
from training.systems.system import Phase, Stage, System


@dataclass(frozen=True)
class Dense:
    """The dense layers. cells: a side of the last map at the input they were made for. shared: width of the first layer, where
    the branches part; presence, places: of the hidden layers behind it.
    """

    cells: int
    shared: int
    presence: tuple[int, ...]
    places: tuple[int, ...]
    dropout: float = 0.0


class Features(nn.Module):
    """Convolutions under the names that torchvision's files give them."""

    def __init__(self, features: nn.Sequential, channels: int) -> None:
        super().__init__()
        self.features, self.channels = features, channels

    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch channels rows columns"]:
        """The last map."""
        maps: Tensor = self.features(image)
        return maps


class Branch(nn.Module):
    """Hidden layers and a head."""

    def __init__(self, channels: int, hidden: Sequence[int], outputs: int, dropout: float) -> None:
        super().__init__()
        widths = [channels, *hidden]
        self.hidden = nn.Sequential(*(_dense(a, b, dropout) for a, b in zip(widths, hidden, strict=False)))
        self.head = nn.Linear(widths[-1], outputs)

    def forward(self, row: Float[Tensor, "batch channels"]) -> Float[Tensor, "batch outputs"]:
        """A row of numbers."""
        numbers: Tensor = self.head(self.hidden(row))
        return numbers


class Regressor(nn.Module):
    """Features, a shared dense layer, a branch for presence and one for places."""

    def __init__(self, backbone: Features, dense: Dense, joints: int, dropout: float) -> None:
        super().__init__()
        self.backbone = backbone
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(dense.cells), nn.Flatten())
        self.shared = _dense(backbone.channels * dense.cells**2, dense.shared, dropout)
        self.presence = Branch(dense.shared, dense.presence, joints, dropout)
        self.places = Branch(dense.shared, dense.places, 2 * joints, dropout)

    def forward(
        self, image: Float[Tensor, "batch 3 height width"]
    ) -> tuple[Float[Tensor, "batch joints"], Float[Tensor, "batch numbers"]]:
        """Logits of presence, and per joint its logit again beside x and y."""
        row = self.shared(self.pool(self.backbone(image)))
        presence, places = self.presence(row), self.places(row).unflatten(1, (-1, 2))
        return presence, torch.cat([presence.detach()[..., None].to(places.dtype), places], 2).flatten(1)


def _dense(inputs: int, outputs: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, outputs), nn.ReLU(inplace=True), nn.Dropout(dropout))


def shallow(widths: Sequence[int], batch_norm: bool = False) -> Features:
    """Convolutions of 5 x 5, the third 3 x 3, each with a pool."""
    layers: list[nn.Module] = []
    channels = 3
    for index, width in enumerate(widths):
        size = 5 if index < 2 else 3
        layers += [nn.Conv2d(channels, width, size, padding=size // 2), *([nn.BatchNorm2d(width)] if batch_norm else [])]
        layers += [nn.ReLU(inplace=True), nn.MaxPool2d(2)]
        channels = width
    return Features(nn.Sequential(*layers), channels)


def alexnet() -> Features:
    """torchvision's, with the report's further pool behind the fourth convolution, under the names of its file."""
    features = AlexNet().features
    features[9] = nn.Sequential(nn.ReLU(inplace=True), nn.MaxPool2d(3, 2))
    return Features(features, 256)


def stages(options: RegressorOptions, codec: Codec) -> tuple[Stage, ...]:
    """Presence, then presence and places together."""
    codec = require_codec(codec, PresentCoordinates, "the regressors give coordinates and no maps")
    weight = 1.0 if options.two_steps else options.presence
    return Stage(Presence(), weight, stride=0), Stage(codec, stride=0)


def phases(options: RegressorOptions) -> tuple[Phase, ...]:
    """The report's two steps, where they are asked for."""
    if not options.two_steps:
        return ()
    return Phase(0.5, ("backbone.", "shared.", "presence."), (0,)), Phase(0.5, ("places.",), (1,))


def regressor_system(
    backbone: Callable[[], Features], dense: Dense, multiple: int, brings: str = "", smallest: int = 32
) -> System:
    """One of the four."""

    def build(options: RegressorOptions, channels: Sequence[int]) -> Regressor:
        return Regressor(backbone(), dense, channels[0], dense.dropout if options.dropout is None else options.dropout)

    return System(
        build, stages, lambda knobs: PresentCoordinates(), RegressorOptions, multiple=multiple, smallest=smallest,
        phases_of=phases, heads=("presence.head", "places.head"), brings=brings,
        source="class report on regression and pose machines",
    )  # fmt: skip


TINY = regressor_system(lambda: shallow((16, 32, 48), batch_norm=True), Dense(8, 128, (64,), (128, 128)), 8)
BASELINE1 = regressor_system(lambda: shallow((32, 64)), Dense(32, 1024, (512,), (512, 512)), 4)
BASELINE2 = regressor_system(lambda: shallow((32, 64, 128)), Dense(16, 1024, (512,), (512, 512)), 8)
ALEXNET = regressor_system(alexnet, Dense(2, 4096, (4096,), (4096, 4096), 0.5), 32, IMAGENET, smallest=128)
VGG19 = regressor_system(lambda: Features(make_layers(cfgs["E"]), 512), Dense(7, 4096, (4096,), (4096, 4096), 0.5), 32, IMAGENET)
