"""U-GAT-IT's discriminators: patches judged at two ranges, with spectral normalisation and CAM attention."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from style_transfer.blocks import ClassActivation
from style_transfer.settings import TranslatorSettings

_SLOPE = 0.2


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
