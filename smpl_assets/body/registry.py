"""Body models by name, imported when asked for."""

from __future__ import annotations

import importlib
from functools import lru_cache
from typing import cast

from smpl_assets.body.protocol import BodyModel
from smpl_assets.body.settings import BodySettings
from smpl_assets.errors import InputError

# name -> (module, class, what to install if the import fails)
BODIES: dict[str, tuple[str, str, str]] = {
    "anny": ("smpl_assets.body.anny_body", "AnnyBody", "pip install anny"),
    "smpl": ("smpl_assets.body.smpl_body", "SmplBody", "pip install 'rarepose[smpl]'"),
    "smplh": ("smpl_assets.body.smpl_body", "SmplBody", "pip install 'rarepose[smpl]'"),
    "smplx": ("smpl_assets.body.smpl_body", "SmplBody", "pip install 'rarepose[smpl]'"),
}


def load_body(settings: BodySettings, device: str = "cpu") -> BodyModel:
    """The body model that the settings name, loaded once per process and device.

    Raises InputError where its package or its files are missing or wrong.
    """
    return _load(settings, device)


@lru_cache(maxsize=4)
def _load(settings: BodySettings, device: str) -> BodyModel:
    module, name, install = BODIES[settings.name]
    try:
        kind = getattr(importlib.import_module(module), name)
    except ImportError as error:
        raise InputError(f"body '{settings.name}' needs a package that is not installed ({error})", install) from error
    body = kind(device=device) if settings.name == "anny" else kind(settings, device=device)
    return cast(BodyModel, body)
