"""The colour of a track: the same in every frame, figure and video."""

from __future__ import annotations

import colorsys

from smpl_assets.drawing.palette import GREY

# At least 31 apart in CIE Lab, neither dark nor pale; each next one as far as possible from those before.
_FAR_APART = (
    "#e63e29", "#14fb14", "#6814fb", "#14d1fb", "#536814", "#fb92e6", "#fbd114", "#14e6a7", "#1468e6", "#fb14e6", "#fb147d",
    "#e6bc7d", "#92d13e", "#a75353", "#fb9229", "#3e7dbc", "#9229a7", "#299268", "#a73e7d", "#14fb7d", "#149229", "#7d5314",
    "#a79214", "#bce692",
)  # fmt: skip
_GOLDEN = 0.618033988749895


def track_colour(track: int) -> str:
    """`#rrggbb` of a track by its id; grey for who has none. Beyond 24 hues turn by the golden angle."""
    if track < 0:
        return GREY
    if track < len(_FAR_APART):
        return _FAR_APART[track]
    red, green, blue = colorsys.hsv_to_rgb(track * _GOLDEN % 1.0, 0.55 + 0.4 * (track % 3) / 2, 0.95 - 0.25 * (track % 2))
    return f"#{round(255 * red):02x}{round(255 * green):02x}{round(255 * blue):02x}"
