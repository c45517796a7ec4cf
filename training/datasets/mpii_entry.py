"""What MPII's files say of one person, before any convention is applied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class MpiiEntry:
    """One person as the files give it: 1-based px, nothing shifted or widened.

    joints: (16, 3) as x, y, visible; a joint that is not annotated has x and y <= 0.
    objpos: (2,) px; scale: person height / 200 px; head_size: px, None where there is no head box.
    image_size: (width, height) px or None.
    """

    source_id: str
    image: str
    joints: Any
    objpos: Any
    scale: float | None
    head_size: float | None = None
    image_size: tuple[float, float] | None = None
