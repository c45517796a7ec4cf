"""Weights and an image that a formula of position and shape gives: what two codes can be compared by without a file."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def fill(network: nn.Module) -> None:
    """Give every tensor of the state its formula, by its place among them, and put the network into use.

    Matrices are of unit variance over their fan-in, what normalisation scales by or divides by is near 1, the rest near 0.
    """
    for place, (name, value) in enumerate(network.state_dict().items()):
        if value.is_floating_point():
            wave = torch.sin(0.37 * torch.arange(value.numel(), dtype=torch.float64) + place).view(value.shape)
            if value.dim() > 1:
                wave = wave * math.sqrt(2 / value[0].numel())
            else:
                wave = 0.1 * wave + (0 if name.endswith(("bias", "running_mean")) else 1)
            value.copy_(wave)
    network.eval()


def picture(height: int, width: int) -> Tensor:
    """(1, 3, height, width)."""
    return torch.cos(0.11 * torch.arange(3 * height * width, dtype=torch.float64)).view(1, 3, height, width).float()


def sample(output: Tensor) -> list[float]:
    """Twelve of its numbers, from its beginning to its end."""
    flat = output.flatten()
    return [float(flat[round(i * (len(flat) - 1) / 11)]) for i in range(12)]
