"""What goes into the augmented set."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smpl_assets.settings import Settings


class AugmentSettings(Settings):
    """The `augment` section.

    render, translated, fill: put the rendered / the translated / the drawn samples in; without them the variants asrp / asrpt /
        fill cannot be trained.
    max_synthetic_ratio: at most this many synthetic samples per kind for each real person, every rare person getting its first
        sample before one gets its second; left out: all of them (how much a network sees of them is a share of its batches,
        not their number).
    min_keypoints: synthetic samples with fewer keypoints in the frame are left out.
    min_box_px: synthetic samples whose visible box is narrower or lower are left out.
    keep_drifted: put in translated samples that the translator's check of label drift dropped.
    synthetic_weight: w of a synthetic person, `source` (that of the annotation it was made from, or of the pose that was drawn
        for it) or `one`.
    weight_slope, weight_range: eq 4.4, w = 1 + slope * min(s - tau, range) for a score s >= tau, else 1.
    weight_relative: divide s - tau by tau first, for scores that do not live on the thesis's distance scale; `auto` does
        so exactly where the rarity policy is not `thesis`.
    """

    render: bool = True
    translated: bool = True
    fill: bool = True
    max_synthetic_ratio: float | None = Field(None, gt=0)
    min_keypoints: int = Field(3, ge=1)
    min_box_px: float = Field(8.0, ge=1)
    keep_drifted: bool = False
    synthetic_weight: Literal["source", "one"] = "source"
    weight_slope: float = Field(1.0, ge=0)
    weight_range: float = Field(0.5, ge=0)
    weight_relative: bool | Literal["auto"] = "auto"
