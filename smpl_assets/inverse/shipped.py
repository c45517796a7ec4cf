"""The inverse function that comes with RarePose, and whether it is the one that a configuration asks for."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from smpl_assets.inverse.settings import InverseSettings

FOLDER = Path(__file__).parent / "weights"
FILES = ("inverse.safetensors", "prior.safetensors", "card.json", "losses.json")


def matches(card: dict[str, Any], settings: InverseSettings, body_name: str, shape_size: int) -> bool:
    """Whether weights with this card are what training with these settings and this body would aim at (whatever the seed)."""
    if settings.weights != "shipped":
        return False
    made = InverseSettings.model_validate(card["settings"])
    same = made.model_copy(update={"weights": settings.weights}) == settings
    return same and (card["body"], card["shape_size"]) == (body_name, shape_size)


def copy_shipped(out: Path) -> None:
    """Copy the shipped files into `out`."""
    for name in FILES:
        shutil.copyfile(FOLDER / name, out / name)
