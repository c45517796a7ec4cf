"""The source of backgrounds that the configuration names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8

from smpl_assets.backgrounds.builtin import BuiltinBackgrounds
from smpl_assets.backgrounds.photos import PhotoBackgrounds, folder_backgrounds
from smpl_assets.photographs import Photograph


@runtime_checkable
class Backgrounds(Protocol):
    """A source of backgrounds. `captured`: they went through a camera already; `skipped`: files left out, by reason."""

    captured: bool
    skipped: dict[str, int]

    def draw(self, rng: np.random.Generator, size: int) -> tuple[UInt8[np.ndarray, "size size 3"], str]:
        """A square RGB crop of `size` px and the name of what it was cut from."""
        ...


def open_backgrounds(setting: str, people_free: Sequence[Photograph]) -> Backgrounds:
    """The source that `render.backgrounds` names; `data` falls back to built-in scenes where the set has no person-free photo."""
    if setting == "builtin" or (setting == "data" and not people_free):
        return BuiltinBackgrounds()
    if setting == "data":
        return PhotoBackgrounds(people_free, "render.backgrounds = 'data'")
    return folder_backgrounds(Path(setting).expanduser())
