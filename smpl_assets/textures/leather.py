"""Shoes, painted on the feet's chart: uppers, soles, laces, toe caps, stripes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from smpl_assets.textures.garments import Footwear
from smpl_assets.textures.noise import noise
from smpl_assets.textures.palette import Colour
from smpl_assets.textures.patches import Patch
from smpl_assets.textures.points import Points


@dataclass(frozen=True)
class ShoeStyle:
    """Colours (sRGB 0..1) of upper, sole and trim; laces or not; wear 0..1."""

    upper: Colour
    sole: Colour
    trim: Colour
    laces: bool
    mix: Float[np.ndarray, " fields"]
    wear: float = 0.2


def paint_shoe(shoe: Footwear, style: ShoeStyle, points: Points, patch: Patch) -> UInt8[np.ndarray, "height width 4"]:
    """The texture (H, W, 4) of a pair of shoes."""
    x, y, z = points.side - 0.215, points.y, points.z
    grain = noise(patch.name, "mottle", style.mix)
    upper, trim, lower = (c.astype(np.float32)[:, None] for c in (style.upper, style.trim, style.sole))
    colour = upper * (1 + 0.05 * grain + 0.04 * noise(patch.name, "grain", style.mix))
    if style.laces:
        tongue = (np.abs(x) < 0.018) & (z > 0.03) & (z < 0.125) & (points.normal[:, 1] > 0.15)
        lace = tongue * (np.sin(z * 420) > 0.1)
        colour = np.where(tongue, colour * 0.8, colour)
        colour = np.where(lace, 0.6 * trim + 0.35, colour)
        stripe = np.exp(-(((np.abs(z - 0.06 - 0.6 * (y + 0.77))) / 0.007) ** 2)) * (np.abs(points.normal[:, 0]) > 0.5)
        colour = colour + stripe * (trim - colour)
    cap = np.exp(-(((z - 0.165) / 0.003) ** 2)) + np.exp(-(((z + 0.02) / 0.004) ** 2)) * (y < -0.74)
    colour = colour * (1 - 0.25 * np.clip(cap, 0, 1))
    edge = shoe.inside(points)
    colour = colour * (1 - 0.35 * np.exp(-((edge / 0.006) ** 2)))
    sole = np.clip(0.5 + (-0.797 + 0.004 * np.clip(-z / 0.05, 0, 1) - y) / 0.004, 0, 1)
    colour = colour * (1 - sole) + lower * (1 - 0.12 * style.wear * np.abs(grain)) * sole
    dirt = style.wear * 0.35 * np.clip((-0.77 - y) / 0.04, 0, 1) * np.clip(0.5 + 0.5 * grain, 0, 1)
    colour = colour * (1 - dirt)
    return patch.chart.paint(colour, 0.5 + edge / 0.008)
