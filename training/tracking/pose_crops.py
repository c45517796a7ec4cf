"""Crops of single people whose poses are learnt beside the films."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float, UInt8
from torch import Tensor


@dataclass(frozen=True)
class PoseCrops:
    """A batch. keypoints: px of the crop, NaN where a joint teaches nothing. weight: factor on each crop's loss."""

    images: UInt8[Tensor, "batch height width 3"]
    keypoints: Float[Tensor, "batch 1 joints 2"]
    weight: Float[Tensor, " batch"]
