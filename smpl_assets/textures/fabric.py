"""Cloth and shoes, painted texel by texel from their place on the body: weave, patterns, prints, folds, seams, wear."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8

from smpl_assets.textures.base_mesh import Points
from smpl_assets.textures.garments import Footwear
from smpl_assets.textures.noise import mixing_weights, noise
from smpl_assets.textures.palette import Colour
from smpl_assets.textures.patches import Patch, get_patch
from smpl_assets.textures.prints import chest_print

PATTERNS = ("plain", "stripes", "pinstripes", "checks", "dots", "flowers", "camouflage", "blocks", "print", "heather")
_TEXEL_M = 0.006


@dataclass(frozen=True)
class Fabric:
    """What a garment is made of.

    colour, second: sRGB 0..1 of the cloth and of its pattern; pattern: one of PATTERNS; period_m: its repeat.
    folds: strength of the creases 0..1; denim: worn lighter at thighs and knees; seam: darkness of hems and seams.
    buttons: a row of them down the front; seed: of prints and noise mixes.
    """

    colour: Colour
    second: Colour
    pattern: str = "plain"
    period_m: float = 0.04
    folds: float = 0.5
    denim: float = 0.0
    seam: float = 0.25
    buttons: bool = False
    seed: int = 0
    mix: Float[np.ndarray, " fields"] = field(default_factory=lambda: mixing_weights(np.random.default_rng(0)))


def _soft(edge: np.ndarray, width: float) -> np.ndarray:
    return np.clip(0.5 + edge / width, 0, 1)


def _pattern(fabric: Fabric, points: Points, patch: Patch) -> np.ndarray:
    """Share (N,) of the second colour."""
    period, kind = fabric.period_m, fabric.pattern
    along = np.where(points.on_arm, points.along_arm, points.y)
    around = np.where(points.on_arm, points.z, np.arctan2(points.x, points.z + 0.02) * 0.13)
    if kind == "stripes":
        return _soft(np.sin(2 * np.pi * along / period) - 0.2, 0.6)
    if kind == "pinstripes":
        return 0.6 * _soft(np.sin(2 * np.pi * around / (0.5 * period)) - 0.85, 0.3)
    if kind == "checks":
        bands = [_soft(np.sin(2 * np.pi * c / period), 0.5) for c in (along, around)]
        thin = [_soft(np.sin(2 * np.pi * c / period + 2.2) - 0.9, 0.2) for c in (along, around)]
        return np.clip(0.4 * bands[0] + 0.4 * bands[1] + 0.35 * np.maximum(*thin), 0, 1)
    if kind == "dots":
        cell = [(c / (0.6 * period) + 0.5) % 1 - 0.5 for c in (along, around)]
        return _soft(0.28 - np.hypot(*cell), 0.15)
    if kind == "flowers":
        return _soft(noise(patch.name, "mottle", fabric.mix) - 0.9, 0.35)
    if kind == "camouflage":
        return 0.7 * _soft(noise(patch.name, "fold", fabric.mix[::-1]) - 0.2, 0.25)
    if kind == "blocks":
        return _soft(0.33 + 0.02 * np.sin(fabric.seed) - points.y, 0.012) if fabric.seed % 2 else points.on_arm.astype(np.float32)
    if kind == "print":
        return chest_print(points, fabric.seed)
    if kind == "heather":
        return np.clip(0.35 + 0.25 * noise(patch.name, "grain", fabric.mix), 0, 1)
    return np.zeros(len(points), np.float32)


@lru_cache(maxsize=32)
def crease_places(patch: str, of: Literal["vertices", "chart"]) -> Float[np.ndarray, " points"]:
    """How strongly (N,) cloth creases at a patch's vertices or texels: most at elbows, armpits, waist, crotch, knees, ankles."""
    points = get_patch(patch).points if of == "vertices" else get_patch(patch).chart.points
    elbow = np.exp(-(((points.along_arm - 0.23) / 0.08) ** 2)) * points.on_arm
    armpit = np.exp(-((points.along_arm / 0.07) ** 2)) * np.exp(-(((points.y - 0.47) / 0.1) ** 2))
    bands = ((0.13, 0.10, 1.0), (-0.06, 0.09, 0.9), (-0.38, 0.09, 1.0), (-0.70, 0.07, 1.0))
    level = sum(weight * np.exp(-(((points.y - at) / width) ** 2)) for at, width, weight in bands) * ~points.on_arm
    return (0.45 + 0.75 * np.clip(elbow + armpit + level, 0, 1)).astype(np.float32)


def _ridges(height: np.ndarray) -> np.ndarray:
    """Narrow folds along the zero lines of a noise field."""
    return np.exp(-((height / np.float32(0.32)) ** 2))


def _shading(fabric: Fabric, points: Points, patch: Patch) -> np.ndarray:
    """Factor (N,) on the cloth's colour: folds lit from above, dark where cloth lies in a hollow."""
    if patch.name == "skirt":
        height = noise(patch.name, "drape", fabric.mix)
        return np.clip(1 + fabric.folds * (0.14 * height - 0.10 * _ridges(height - 0.4)), 0.5, 1.25)
    places = crease_places(patch.name, "chart")
    height, slope = noise(patch.name, "fold", fabric.mix), noise(patch.name, "fold_slope", fabric.mix)
    fine, fine_slope = noise(patch.name, "wrinkle", fabric.mix), noise(patch.name, "wrinkle_slope", fabric.mix)
    large = 0.19 * (_ridges(height + slope) - _ridges(height)) - 0.09 * slope - 0.07 * np.clip(-height - 0.3, 0, 2)
    small = 0.13 * (_ridges(fine + fine_slope) - _ridges(fine)) * np.clip(places - 0.45, 0, 1)
    return np.clip(1 - fabric.folds * (0.35 + places) * (-large - small), 0.4, 1.3)


def _seams(fabric: Fabric, points: Points, inside: np.ndarray, patch: Patch) -> np.ndarray:
    """Darkening (N,) of hems, side seams, plackets."""
    hem = np.exp(-(((inside - 0.018) / 0.004) ** 2)) + 0.6 * np.exp(-((inside / 0.006) ** 2))
    lines = hem
    if patch.name == "bottom":
        outer = np.exp(-((points.front / 0.10) ** 2)) * (np.abs(points.normal[:, 0]) > 0.7)
        fly = np.exp(-((points.x / 0.004) ** 2)) * (points.y > 0.02) * (points.front > 0.3)
        pocket = (
            np.exp(-(((points.y - 0.16 + 1.3 * (points.side - 0.07)) / 0.006) ** 2)) * (points.side > 0.07) * (points.front > 0)
        )
        lines = lines + 0.5 * outer + fly + pocket
    if patch.name == "top":
        lines = lines + 0.7 * np.exp(-(((points.along_arm - 0.005) / 0.006) ** 2)) * (points.side > 0.1)
    return fabric.seam * np.clip(lines, 0, 1)


def paint_cloth(fabric: Fabric, patch: Patch, inside: Float[np.ndarray, " points"]) -> UInt8[np.ndarray, "height width 4"]:
    """The texture (H, W, 4) of a garment on its patch; `inside` (N,) m is its signed distance at the chart's texels."""
    points = patch.chart.points
    share = _pattern(fabric, points, patch).astype(np.float32)
    first, second = fabric.colour.astype(np.float32)[:, None], fabric.second.astype(np.float32)[:, None]
    colour = first + share * (second - first)
    tone = _shading(fabric, points, patch) * (
        1 + 0.035 * noise(patch.name, "grain", fabric.mix) + 0.03 * noise(patch.name, "broad", fabric.mix)
    )
    if fabric.denim:
        worn = np.exp(-(((points.y + 0.22) / 0.16) ** 2)) * np.clip(points.front, 0, 1)
        worn = worn + 0.25 * noise(patch.name, "mottle", fabric.mix)
        pale = np.array([[0.75], [0.82], [0.90]], np.float32)
        colour = colour + fabric.denim * 0.35 * np.clip(worn, 0, 1) * (pale - colour)
    tone = tone * (1 - _seams(fabric, points, inside, patch))
    colour = colour * tone.astype(np.float32)
    if fabric.buttons:
        placket = np.exp(-(((np.abs(points.x) - 0.014) / 0.003) ** 2)) * (points.front > 0.3)
        button = _soft(0.005 - np.hypot(points.x, (points.y % 0.08) - 0.04), 0.004) * (points.front > 0.3)
        colour = colour * (1 - 0.22 * placket) * (1 - button) + button * (0.25 + 0.5 * (fabric.colour.mean() < 0.4))
    return patch.chart.paint(colour, _soft(inside, 2 * _TEXEL_M))


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
