"""Options of the coarse-to-fine network; light, so that a configuration is validated without torch."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smpl_assets.settings import Settings


class CoarseOptions(Settings):
    """`train.options` of the coarse-to-fine network.

    stride: px of the input per cell of the coarse maps, the pooling of the paper's table. fine: the same of the fine maps.
    window: a side of what the fine network looks at, cells of the fine map, a multiple of 4. dropout: of whole channels before
    the first 1x1 convolution. lcn: local contrast normalisation of the crop instead of its mean and deviation.
    """

    stride: Literal[4, 8, 16] = 4
    fine: Literal[1, 2] = 1
    window: int = Field(36, ge=8, le=128, multiple_of=4)
    dropout: float = Field(0.2, ge=0, lt=1)
    lcn: bool = False

    @property
    def input_multiple(self) -> int:
        """Of the crop's sides, px: three scales, each half as large as the one before, have whole cells."""
        return 4 * self.stride


class GlobalLocalOptions(Settings):
    """`train.options` of the global-local network.

    stride: px of the input per cell of its maps, 16 (14 x 14 cells at 224 px) or 8 (28 x 28). bins: a side of what a region is
    divided into. regions: drawn at each step. proposals: what they are drawn from, for each crop `edge_boxes` of its photograph,
    which OpenCV's contrib wheel finds, or `random` places and sizes, the same for all crops of a step. use: what is decoded, the
    `global` map, the `local` one, or their `sum`.
    """

    stride: Literal[8, 16] = 16
    bins: int = Field(7, ge=2, le=14)
    regions: int = Field(20, ge=1, le=500)
    proposals: Literal["random", "edge_boxes"] = "random"
    use: Literal["global", "local", "sum"] = "sum"
