"""How a pair of people is scored."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smpl_assets.settings import Settings


class ScoreSettings(Settings):
    """How a pair of people is scored: alpha S_T + (1 - alpha) S_d (5.4).

    alpha: share of the flow's score; 0 is distance alone. distance: over all `joints`, or those of the `torso`.
    mapping: of the mean distance D of common joints, in heights h of the two, to S_d: `linear` is max(0, 1 - D / (reach h)),
        `exp` exp(-D / (.3 reach h)), `gauss` exp(-(D / (.3 reach h))^2 / 2).
    reach: see there. gate: pairs farther apart than so many heights cannot be one person.
    """

    alpha: float = Field(0.5, ge=0, le=1)
    distance: Literal["joints", "torso"] = "joints"
    mapping: Literal["linear", "exp", "gauss"] = "linear"
    reach: float = Field(2.0, gt=0)
    gate: float = Field(1.5, gt=0)
