"""How tracks begin, go on and end."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smpl_assets.settings import Settings

Matching = Literal["hungarian", "greedy"]


class Life(Settings):
    """How tracks begin and end.

    birth: score above which an unmatched person begins a track. memory: frames that a track may miss. least: similarity that a
    match has to exceed. matching: `hungarian`, or `greedy` (best pair first).
    """

    birth: float = Field(0.3, ge=0)
    memory: int = Field(3, ge=0)
    least: float = 0.05
    matching: Matching = "hungarian"
