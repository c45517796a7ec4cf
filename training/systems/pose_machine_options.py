"""Options of Convolutional Pose Machines; light, so that a configuration is validated without torch."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smpl_assets.settings import Settings

MOST_STAGES = 12


class MachineOptions(Settings):
    """`train.options` of CPM.

    stages: of beliefs, the first from the image alone; none = the system's own (6 as published, 3 of cpm_tiny).
    norm: `batch` normalises after each convolution, without which the network hardly learns from chance; `none` as published.
        Empty = the system's own. ImageNet's layers of cpm_vgg stay without.
    centre_map: later stages are told where the middle of the crop is.
    """

    stages: int | None = Field(None, ge=1, le=MOST_STAGES)
    norm: Literal["", "none", "batch"] = ""
    centre_map: bool = True
