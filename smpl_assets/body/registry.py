"""The body model that the settings name, imported when asked for."""

from __future__ import annotations

from functools import lru_cache
from typing import cast

from smpl_assets.body.protocol import BodyModel
from smpl_assets.body.settings import BodySettings
from smpl_assets.body.table import BODIES


@lru_cache(maxsize=4)
def load_body(settings: BodySettings, device: str = "cpu") -> BodyModel:
    """The body model that the settings name, loaded once per process and device: `entry(settings, device=device)`.

    Raises InputError where its package or its files are missing or wrong.
    """
    return cast(BodyModel, BODIES.load(settings.name)(settings, device=device))
