"""What the tracker's network consists of."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from smpl_assets.settings import Settings

Head = Literal["limbs", "accumulated", "joints"]
HEADS: tuple[Head, ...] = ("limbs", "accumulated", "joints")
# A head, and after how many temporal stages it is read.
Reading = tuple[Head, int]
STRIDES = {"tml_vgg19": 8, "tml_narrow": 4, "tml_tiny": 4, "tml_small": 4}
# Sides of a picture have to be multiples of it, px.
MULTIPLES = {"tml_vgg19": 8, "tml_narrow": 8, "tml_tiny": 32, "tml_small": 32}
# The pose system whose backbone and deconvolutions a network's features are.
TRUNKS = {"tml_tiny": "simple_tiny", "tml_small": "simple_small"}


class TmlOptions(Settings):
    """The `track.network` section: the bottom-up network with temporal flow maps (T 5).

    system: `tml_vgg19` (the thesis's, for GPUs), `tml_narrow` (half a million weights at stride 4, for two cores), `tml_tiny` or
        `tml_small`: the same stages on the features of `simple_tiny` or `simple_small`, which start from weights that RarePose
        ships (what learns most on two cores).
    heads: which flow the temporal part says: of `limbs` (TML), of `joints`, or `accumulated` over the limbs; several at once.
    stages: of the spatial part, none = 6 of tml_vgg19, 2 of tml_narrow. temporal_stages: none = 3 and 2.
    kernel: of the spatial stages behind the first: `3x3` (three layers, the thesis's words), or `7x7` (five layers, OpenPose's).
    dilation: of the 3x3 layers of each temporal stage, for people who move far; none = 1 everywhere.
    """

    system: Literal["tml_vgg19", "tml_narrow", "tml_tiny", "tml_small"] = "tml_narrow"
    heads: tuple[Head, ...] = ("limbs",)
    stages: int | None = Field(None, ge=1, le=12)
    temporal_stages: int | None = Field(None, ge=1, le=12)
    kernel: Literal["3x3", "7x7"] = "3x3"
    dilation: tuple[int, ...] = ()

    @field_validator("heads")
    @classmethod
    def _some(cls, value: tuple[Head, ...]) -> tuple[Head, ...]:
        if not value or len(set(value)) < len(value):
            raise ValueError(f"one or more of {', '.join(HEADS)}, each once")
        return value

    @field_validator("dilation")
    @classmethod
    def _positive(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 1 <= d <= 16 for d in value):
            raise ValueError(f"dilations are 1 to 16, got {list(value)}")
        return value

    @property
    def flow_stages(self) -> int:
        """Stages of the temporal part."""
        return self.temporal_stages or (3 if self.system == "tml_vgg19" else 2)

    @property
    def stride(self) -> int:
        """Px of the picture per cell of the maps."""
        return STRIDES[self.system]

    @property
    def multiple(self) -> int:
        """What the sides of a picture have to be multiples of, px."""
        return MULTIPLES[self.system]
