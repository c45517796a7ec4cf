"""How tracks begin, go on and end."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smpl_assets.settings import Settings

Matching = Literal["hungarian", "greedy"]
USUAL_MOTION = 0.8  # chosen on rendered training sequences, where .65 to 1 are equally good


class Life(Settings):
    """How tracks begin and end.

    birth: score above which an unmatched person begins a track. memory: frames that a track may miss. least: similarity that a
    match has to exceed. matching: `hungarian`, or `greedy` (best pair first). motion: share of a track's last movement that is
    expected to go on: people are looked for there; 0 = where they were last, as in all sources.
    """

    birth: float = Field(0.3, ge=0)
    memory: int = Field(3, ge=0)
    least: float = 0.05
    matching: Matching = "hungarian"
    motion: float = Field(0.0, ge=0, le=1)
