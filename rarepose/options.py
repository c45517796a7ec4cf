"""Options by name, as the sections of the configuration have them."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError

from smpl_assets.errors import InputError
from smpl_assets.settings import Settings

Section = TypeVar("Section", bound=Settings)


def section(kind: type[Section], options: dict[str, object]) -> Section:
    """Settings from options; InputError naming the one that is wrong, and those that there are."""
    try:
        return kind.model_validate(options)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "options"
        raise InputError(f"{where}: {first['msg']}", f"there are {', '.join(kind.model_fields)}") from error
