"""Pixels as networks see them."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def normalise(image: Tensor) -> Float[Tensor, "batch 3 height width"]:
    """uint8 RGB crops (B, H, W, 3) to ImageNet-normalised float (B, 3, H, W)."""
    mean = torch.tensor([0.485, 0.456, 0.406], device=image.device)
    std = torch.tensor([0.229, 0.224, 0.225], device=image.device)
    return ((image.float() / 255.0 - mean) / std).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
