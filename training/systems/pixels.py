"""Pixels as networks see them."""

from __future__ import annotations

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def normalise(image: UInt8[Tensor, "batch height width 3"]) -> Float[Tensor, "batch 3 height width"]:
    """RGB crops to ImageNet-normalised float, in memory still channels last.

    A row of pixels is scaled at once: sums over an innermost axis of three take several times as long.
    """
    width = image.shape[2]
    deviation = torch.tensor(DEVIATION, device=image.device)
    scale, offset = (1 / (255 * deviation)).repeat(width), (-torch.tensor(MEAN, device=image.device) / deviation).repeat(width)
    return torch.addcmul(offset, image.flatten(2).float(), scale).view(image.shape).permute(0, 3, 1, 2)
