"""U-GAT-IT's building blocks: layers that mix instance and layer normalisation (AdaLIN, LIN), and residual blocks of them."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

_EPS = 1e-5
Maps = Float[Tensor, "batch channels height width"]
PerChannel = Float[Tensor, "batch channels"]


def _mixed_norm(x: Tensor, rho: Tensor) -> Tensor:
    """Rho of the instance norm and 1 - rho of the layer norm of (B, C, H, W)."""
    over_pixels, over_all = torch.var_mean(x, (2, 3), keepdim=True), torch.var_mean(x, (1, 2, 3), keepdim=True)
    instance = (x - over_pixels[1]) * torch.rsqrt(over_pixels[0] + _EPS)
    layer = (x - over_all[1]) * torch.rsqrt(over_all[0] + _EPS)
    return rho * instance + (1 - rho) * layer


class AdaLIN(nn.Module):
    """Adaptive layer-instance normalisation: mixed norm, scaled and shifted per image by gamma and beta."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.rho = nn.Parameter(torch.full((1, channels, 1, 1), 0.9))

    def forward(self, x: Maps, gamma: PerChannel, beta: PerChannel) -> Maps:
        """Normalise, scale, shift."""
        return _mixed_norm(x, self.rho) * gamma[..., None, None] + beta[..., None, None]


class LIN(nn.Module):
    """Layer-instance normalisation with learnt scale and shift."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.rho = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.gamma = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.beta = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Maps) -> Maps:
        """Normalise, scale, shift."""
        return _mixed_norm(x, self.rho) * self.gamma + self.beta


def clip_rho(network: nn.Module) -> None:
    """Clip every rho of a network to [0, 1]; called after each step of its optimiser."""
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, AdaLIN | LIN):
                module.rho.clamp_(0, 1)


def conv(channels: int, out: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """A convolution without bias behind reflection padding that keeps the size (divided by the stride)."""
    return nn.Sequential(nn.ReflectionPad2d(kernel // 2), nn.Conv2d(channels, out, kernel, stride, bias=False))


class ResidualBlock(nn.Module):
    """Encoder block: two 3x3 convolutions with instance normalisation."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv(channels, channels, 3),
            nn.InstanceNorm2d(channels),
            nn.ReLU(),
            conv(channels, channels, 3),
            nn.InstanceNorm2d(channels),
        )

    def forward(self, x: Maps) -> Maps:
        """X + body(x)."""
        return x + self.body(x)


class AdaLINBlock(nn.Module):
    """Decoder block: two 3x3 convolutions with AdaLIN, both under one gamma and beta."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.first_norm = conv(channels, channels, 3), AdaLIN(channels)
        self.second, self.second_norm = conv(channels, channels, 3), AdaLIN(channels)

    def forward(self, x: Maps, gamma: PerChannel, beta: PerChannel) -> Maps:
        """X + body(x, gamma, beta)."""
        inner = torch.relu(self.first_norm(self.first(x), gamma, beta))
        return x + self.second_norm(self.second(inner), gamma, beta)


class ClassActivation(nn.Module):
    """CAM attention: an auxiliary classifier on average- and max-pooled features whose weights re-weight the feature maps."""

    def __init__(self, channels: int, slope: float = 0.0, spectral: bool = False) -> None:
        super().__init__()
        self.average, self.largest = nn.Linear(channels, 1, bias=False), nn.Linear(channels, 1, bias=False)
        if spectral:
            spectral_norm(self.average)
            spectral_norm(self.largest)
        self.mix = nn.Conv2d(2 * channels, channels, 1)
        self.activation = nn.LeakyReLU(slope)

    def forward(self, x: Maps) -> tuple[Maps, Float[Tensor, "batch 2"], Float[Tensor, "batch 1 height width"]]:
        """(attended features, logits of the two classifiers, attention map)."""
        logits = torch.cat([self.average(x.mean((2, 3))), self.largest(x.amax((2, 3)))], 1)
        weighted = [x * layer.weight[0][None, :, None, None] for layer in (self.average, self.largest)]
        mixed = self.activation(self.mix(torch.cat(weighted, 1)))
        return mixed, logits, mixed.sum(1, keepdim=True)
