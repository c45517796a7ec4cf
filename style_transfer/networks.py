"""U-GAT-IT's networks: encoder, CAM attention, AdaLIN decoder, patch discriminators; optionally a change instead of an image."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from style_transfer.blocks import LIN, AdaLINBlock, ClassActivation, ResidualBlock, conv
from style_transfer.settings import TranslatorSettings

_SLOPE = 0.2


@dataclass(frozen=True)
class Translated:
    """What a generator returns: image in about [-1, 1], logits of its CAM classifiers, attention map (a quarter of the side)."""

    image: Float[Tensor, "batch 3 side side"]
    logits: Float[Tensor, "batch 2"]
    attention: Float[Tensor, "batch 1 small small"]


class Generator(nn.Module):
    """Two down-samplings, residual blocks, CAM, as many AdaLIN blocks, two up-samplings with LIN (T 4.2.2; U-GAT-IT, ICLR 2020).

    With `residual` the output is input + mask * network: the background and the silhouette stay, and at the start the network's
    share is zero, so that short training does no harm. Gradients come from the person alone then, and where every feature behind
    the paper's ReLU is below zero on people (the norm's mean is mostly background) there are none: it changes nothing for ever.
    So the up-samplings have leaky ones.
    """

    def __init__(self, settings: TranslatorSettings) -> None:
        super().__init__()
        base, inner = settings.base_channels, 4 * settings.base_channels
        self.residual, self.light = settings.residual, settings.light
        down: list[nn.Module] = [conv(3, base, 7), nn.InstanceNorm2d(base), nn.ReLU()]
        for channels in (base, 2 * base):
            down += [conv(channels, 2 * channels, 3, 2), nn.InstanceNorm2d(2 * channels), nn.ReLU()]
        self.encoder = nn.Sequential(*down, *(ResidualBlock(inner) for _ in range(settings.residual_blocks)))
        self.attention = ClassActivation(inner)
        pooled = inner if settings.light else inner * (settings.image_size // 4) ** 2
        self.style = nn.Sequential(
            nn.Linear(pooled, inner, bias=False), nn.ReLU(), nn.Linear(inner, inner, bias=False), nn.ReLU()
        )
        self.gamma, self.beta = nn.Linear(inner, inner, bias=False), nn.Linear(inner, inner, bias=False)
        self.decoder = nn.ModuleList(AdaLINBlock(inner) for _ in range(settings.residual_blocks))
        slope = _SLOPE if settings.residual else 0.0
        up: list[nn.Module] = []
        for channels in (inner, inner // 2):
            up += [nn.Upsample(scale_factor=2), conv(channels, channels // 2, 3), LIN(channels // 2), nn.LeakyReLU(slope)]
        last = nn.Conv2d(base, 3, 7, bias=False)
        self.up = nn.Sequential(*up, nn.ReflectionPad2d(3), last)
        if self.residual:
            nn.init.zeros_(last.weight)

    def forward(self, image: Float[Tensor, "batch 3 side side"], mask: Float[Tensor, "batch 1 side side"]) -> Translated:
        """Translate people on grey; `image` in [-1, 1], `mask` in [0, 1]."""
        features, logits, attention = self.attention(self.encoder(image))
        pooled = features.mean((2, 3)) if self.light else features.flatten(1)
        style = self.style(pooled)
        gamma, beta = self.gamma(style), self.beta(style)
        for block in self.decoder:
            features = block(features, gamma, beta)
        new = torch.tanh(self.up(features))
        if self.residual:
            new = image + mask * new
        return Translated(new, logits, attention)


class Discriminator(nn.Module):
    """`halvings` stride-2 convolutions, one of stride 1, CAM, a score per patch."""

    def __init__(self, channels: int, halvings: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        wide = 3
        for step in range(halvings + 1):
            stride, out = (2 if step < halvings else 1), channels * 2**step
            layers += [nn.ReflectionPad2d(1), spectral_norm(nn.Conv2d(wide, out, 4, stride)), nn.LeakyReLU(_SLOPE)]
            wide = out
        self.body = nn.Sequential(*layers)
        self.attention = ClassActivation(wide, _SLOPE, spectral=True)
        self.score = nn.Sequential(nn.ReflectionPad2d(1), spectral_norm(nn.Conv2d(wide, 1, 4, bias=False)))

    def forward(
        self, image: Float[Tensor, "batch 3 side side"]
    ) -> tuple[Float[Tensor, "batch 1 rows columns"], Float[Tensor, "batch 2"]]:
        """(score per patch, logits of the CAM classifiers); 1 = photographed, 0 = translated."""
        features, logits, _ = self.attention(self.body(image))
        return self.score(features), logits


class DiscriminatorPair(nn.Module):
    """The global and the local discriminator of one direction.

    5 and 3 halvings at 256 px as in the paper, fewer for smaller images.
    """

    def __init__(self, settings: TranslatorSettings) -> None:
        super().__init__()
        halvings = max(round(math.log2(settings.image_size)) - 3, 2)
        self.wide = Discriminator(settings.base_channels, halvings)
        self.near = Discriminator(settings.base_channels, max(halvings - 2, 1))

    def forward(self, image: Float[Tensor, "batch 3 side side"]) -> list[Tensor]:
        """Scores and CAM logits of both."""
        return [*self.wide(image), *self.near(image)]


def least_squares(outputs: list[Tensor], target: float) -> Float[Tensor, ""]:
    """Sum over a discriminator pair's outputs of the mean squared distance to `target` (LSGAN)."""
    return torch.stack([((o - target) ** 2).mean() for o in outputs]).sum()
