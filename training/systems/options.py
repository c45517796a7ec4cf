"""Options of our own systems; light, so that a configuration is validated without torch."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from smpl_assets.settings import Settings

Channels = Annotated[int, Field(ge=8, le=1024)]


class SimpleOptions(Settings):
    """`train.options` of Simple Baselines. deconv_channels: of the three deconvolutions; none = the system's own."""

    deconv_channels: tuple[Channels, Channels, Channels] | None = None
