"""The loss weight of rare poses (WLCD)."""

from __future__ import annotations


def rarity_weight(score: float, threshold: float, slope: float = 1.0, span: float = 0.5, relative: bool = False) -> float:
    """w(d) of eq 4.4: 1 below the threshold, rising with the slope above it, constant beyond threshold + span.

    `relative` measures the excess in units of the threshold, for scores on another scale than the thesis's distances.
    A score or threshold that is not finite (a person that rarity left out) has weight 1.
    """
    excess = score - threshold
    if not excess >= 0 or excess == float("inf"):
        return 1.0
    if relative:
        excess /= max(abs(threshold), 1e-12)
    return 1.0 + slope * min(excess, span)
