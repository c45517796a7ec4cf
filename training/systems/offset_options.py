"""Options of the offset-guided network and of integral regression; light, so that a configuration is validated without torch."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from smpl_assets.settings import Settings
from training.systems.options import Channels


class OffsetOptions(Settings):
    """`train.options` of the offset-guided network.

    stride: px of the input per cell of its maps; 16 has one deconvolution, 8 two, 4 three. radius: of the disks, cells; none =
    16 px of the input, at least one cell (0.71 holds a cell wherever the joint is). deconv_channels: of each; none = the
    system's own.
    """

    stride: Literal[4, 8, 16] = 8
    radius: Annotated[float, Field(ge=0.71, le=16)] | None = None
    deconv_channels: Channels | None = None


class IntegralOptions(Settings):
    """`train.options` of integral regression.

    heatmap: weight of the divergence of each joint's softmax from a Gaussian, beside the distance of its mean; 0 = the distance
    alone. deconv_channels: of the three deconvolutions; none = the system's own.
    """

    heatmap: float = Field(0.0, ge=0, le=100)
    deconv_channels: tuple[Channels, Channels, Channels] | None = None
