"""Garments drawn at random, kind by kind: what is worn how often, cut and made of what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from smpl_assets.textures.fabric import Fabric
from smpl_assets.textures.garments import Bottom, Garment, Skirt, Top
from smpl_assets.textures.noise import mixing_weights
from smpl_assets.textures.palette import Colour, cloth_colour, denim_colour

WRIST_M = 0.445
ANKLE_M = -0.755
_LEAST_OVERLAP_M = 0.03


@dataclass(frozen=True, eq=False)
class Worn:
    """One garment: its layer's name, the patch it is cut from, cut, cloth, and the kind in a word."""

    name: str
    patch: str
    cut: Garment
    fabric: Fabric
    kind: str


def pick(rng: np.random.Generator, **shares: float) -> str:
    """One of the names, as often as its share."""
    weights = np.array(list(shares.values()))
    return list(shares)[int(rng.choice(len(weights), p=weights / weights.sum()))]


def draw_fabric(
    rng: np.random.Generator, pattern: str = "plain", colour: Colour | None = None, avoid: Colour | None = None
) -> Fabric:
    """Cloth of a pattern; `avoid` is a colour it should differ from."""
    colour = cloth_colour(rng, avoid) if colour is None else colour
    second = cloth_colour(rng, colour)
    if pattern in ("heather", "camouflage"):
        second = colour * np.float32(rng.uniform(0.55, 0.8))
    period, folds, seed = float(rng.uniform(0.02, 0.075)), float(rng.uniform(0.45, 1.0)), int(rng.integers(1 << 30))
    return Fabric(colour, second, pattern, period, folds, seed=seed, mix=mixing_weights(rng))


@dataclass(frozen=True)
class _TopDraw:
    """What the kinds of tops are drawn from: the hem, the neckline and its depth, a pattern, sex."""

    hem: float
    neck: str
    depth: float
    pattern: str
    female: bool


def _tshirt(rng: np.random.Generator, d: _TopDraw) -> tuple[Top, Fabric]:
    cut = Top(
        d.hem, float(rng.uniform(0.13, 0.21)), d.depth, d.neck, flare_m=float(rng.uniform(0.006, 0.022)),
        cuff_m=float(rng.uniform(0.006, 0.018)),
    )  # fmt: skip
    return cut, draw_fabric(rng, d.pattern)


def _shirt(rng: np.random.Generator, d: _TopDraw) -> tuple[Top, Fabric]:
    cut = Top(d.hem, WRIST_M if rng.random() < 0.7 else 0.20, 0.045, "v", ease_m=0.009, flare_m=0.012, cuff_m=0.008)
    return cut, replace(
        draw_fabric(rng, pick(rng, plain=0.5, checks=0.28, pinstripes=0.15, dots=0.03, flowers=0.04)), buttons=True
    )


def _long_sleeves(rng: np.random.Generator, d: _TopDraw) -> tuple[Top, Fabric]:
    return Top(d.hem, WRIST_M, d.depth, d.neck, flare_m=0.008, cuff_m=0.005), draw_fabric(rng, d.pattern)


def _sweater(rng: np.random.Generator, d: _TopDraw) -> tuple[Top, Fabric]:
    cut = Top(
        min(d.hem, 0.05), WRIST_M, 0.0, "high" if rng.random() < 0.25 else "crew", ease_m=0.016, flare_m=0.012, cuff_m=0.010,
    )  # fmt: skip
    return cut, draw_fabric(rng, pick(rng, plain=0.6, stripes=0.15, heather=0.25))


def _tank(rng: np.random.Generator, d: _TopDraw) -> tuple[Top, Fabric]:
    return Top(
        d.hem, float(rng.uniform(-0.03, 0.0)), 0.05 + d.depth, "scoop", ease_m=0.006, flare_m=0.008, cuff_m=0.0
    ), draw_fabric(rng, d.pattern)


def _fitted(rng: np.random.Generator, d: _TopDraw) -> tuple[Top, Fabric]:
    hem = float(rng.uniform(0.18, 0.25)) if d.female and rng.random() < 0.3 else d.hem
    cut = Top(hem, float(rng.choice([0.0, 0.12, WRIST_M])), d.depth, d.neck, ease_m=0.004, flare_m=0.001, cuff_m=0.001)
    return cut, replace(draw_fabric(rng), folds=0.25)


# kind -> (how often men wear it, how often women do, how it is made)
_TopMaker = Callable[[np.random.Generator, _TopDraw], tuple[Top, Fabric]]
_TOPS: dict[str, tuple[tuple[float, float], _TopMaker]] = {
    "tshirt": ((0.44, 0.38), _tshirt),
    "shirt": ((0.17, 0.13), _shirt),
    "longsleeve": ((0.15, 0.15), _long_sleeves),
    "sweater": ((0.13, 0.12), _sweater),
    "tank": ((0.07, 0.14), _tank),
    "fitted": ((0.04, 0.12), _fitted),
}


def draw_top(rng: np.random.Generator, female: bool, hem: float, tucked: bool = False) -> Worn:
    """A top with the given hem (a sweater's is never higher than 0.05); a tucked one lies close."""
    neck = pick(rng, crew=0.6, v=0.2, scoop=0.2 if female else 0.05)
    depth = float(rng.uniform(0.03, 0.10 if female else 0.06)) if neck != "crew" else float(rng.uniform(0, 0.012))
    patterns = {"plain": 0.5, "print": 0.17, "stripes": 0.12, "heather": 0.08, "blocks": 0.05, "dots": 0.02, "camouflage": 0.015}
    pattern = pick(rng, **patterns, flowers=0.04 if female else 0.01)
    kind = pick(rng, **{name: shares[female] for name, (shares, _) in _TOPS.items()})
    cut, fabric = _TOPS[kind][1](rng, _TopDraw(hem, neck, depth, pattern, female))
    return Worn("top", "top", replace(cut, ease_m=0.005, flare_m=-0.002) if tucked else cut, fabric, kind)


def _jeans(rng: np.random.Generator, waist: float, avoid: Colour) -> tuple[Bottom, Fabric]:
    cut = Bottom(waist, ANKLE_M, 0.006, float(rng.uniform(0.002, 0.028)), float(rng.uniform(0, 0.006)))
    colour = denim_colour(rng) if rng.random() < 0.8 else cloth_colour(rng) * np.float32(0.5)
    fabric = draw_fabric(rng, "heather", colour)
    return cut, replace(fabric, denim=float(rng.uniform(0.1, 0.9)), seam=0.35, folds=float(rng.uniform(0.6, 1.1)))


def _chinos(rng: np.random.Generator, waist: float, avoid: Colour) -> tuple[Bottom, Fabric]:
    return Bottom(waist, ANKLE_M, 0.008, float(rng.uniform(0.008, 0.03)), 0.004), draw_fabric(rng, avoid=avoid)


def _shorts(rng: np.random.Generator, waist: float, avoid: Colour) -> tuple[Bottom, Fabric]:
    cut = Bottom(waist, float(rng.uniform(-0.36, -0.15)), 0.008, float(rng.uniform(0.008, 0.03)))
    return cut, draw_fabric(rng, pick(rng, plain=0.8, checks=0.08, camouflage=0.04, flowers=0.05), avoid=avoid)


def _leggings(rng: np.random.Generator, waist: float, avoid: Colour) -> tuple[Bottom, Fabric]:
    fabric = draw_fabric(rng, "plain", cloth_colour(rng) * np.float32(0.6))
    return Bottom(waist + 0.01, float(rng.choice([ANKLE_M, -0.62, -0.45])), 0.003, 0.0), replace(fabric, folds=0.2, seam=0.12)


def _joggers(rng: np.random.Generator, waist: float, avoid: Colour) -> tuple[Bottom, Fabric]:
    return Bottom(waist, ANKLE_M + 0.01, 0.010, 0.008, 0.010), draw_fabric(rng, pick(rng, plain=0.6, heather=0.4), avoid=avoid)


_BottomMaker = Callable[[np.random.Generator, float, Colour], tuple[Bottom, Fabric]]
_BOTTOMS: dict[str, tuple[tuple[float, float], _BottomMaker]] = {
    "jeans": ((0.38, 0.34), _jeans),
    "chinos": ((0.27, 0.20), _chinos),
    "shorts": ((0.22, 0.17), _shorts),
    "leggings": ((0.02, 0.20), _leggings),
    "joggers": ((0.11, 0.09), _joggers),
}


def draw_bottom(rng: np.random.Generator, female: bool, waist: float, avoid: Colour, over: bool) -> Worn:
    """Trousers or shorts that end at the given waist, `over` a tucked top or not."""
    kind = pick(rng, **{name: shares[female] for name, (shares, _) in _BOTTOMS.items()})
    cut, fabric = _BOTTOMS[kind][1](rng, waist, avoid)
    return Worn("bottom", "bottom", replace(cut, belt_m=0.006) if over else cut, fabric, kind)


def draw_jacket(rng: np.random.Generator, avoid: Colour) -> Worn:
    """Something open over the top."""
    kind = pick(rng, jacket=0.42, hoodie=0.28, blazer=0.18, vest=0.12)
    pattern = {"hoodie": "heather", "blazer": "checks"}.get(kind, "plain") if rng.random() < 0.3 else "plain"
    sleeve = 0.0 if kind == "vest" else WRIST_M + 0.005
    opening = float(rng.uniform(0.012, 0.075))
    cut = Top(float(rng.uniform(-0.12, 0.06)), sleeve, 0.02, "v", opening, ease_m=0.020, flare_m=0.014, cuff_m=0.010)
    return Worn("jacket", "top", cut, replace(draw_fabric(rng, pattern, avoid=avoid), seam=0.35), kind)


def draw_dress(rng: np.random.Generator) -> tuple[Worn, Worn]:
    """A dress: bodice and skirt of one cloth."""
    fabric = draw_fabric(rng, pick(rng, plain=0.55, flowers=0.2, dots=0.08, stripes=0.1, checks=0.05))
    sleeve, depth = float(rng.choice([-0.01, 0.12, 0.2, WRIST_M])), float(rng.uniform(0.02, 0.09))
    bodice = Top(0.13, sleeve, depth, str(rng.choice(["v", "scoop"])), ease_m=0.006, flare_m=0.002)
    skirt = Skirt(0.185, float(rng.uniform(-0.62, -0.22)), 0.010, float(rng.uniform(-0.05, 0.03)))
    return Worn("top", "top", bodice, fabric, "dress"), Worn("skirt", "skirt", skirt, fabric, fabric.pattern)


def draw_skirt(rng: np.random.Generator, avoid: Colour) -> Worn:
    """A skirt, from mini to ankle-long."""
    cut = Skirt(0.185, float(rng.uniform(-0.6, -0.15)), 0.012, float(rng.uniform(-0.06, 0.03)))
    return Worn("skirt", "skirt", cut, draw_fabric(rng, pick(rng, plain=0.7, checks=0.15, flowers=0.1), avoid=avoid), "skirt")


def draw_clothes(rng: np.random.Generator, female: bool) -> tuple[Worn, ...]:
    """Everything from neck to ankle, inner garments first."""
    form = pick(rng, dress=0.16, skirt=0.12, trousers=0.72) if female else "trousers"
    if form == "dress":
        garments = draw_dress(rng)
    elif form == "skirt":
        top = draw_top(rng, female, 0.14)
        garments = (top, draw_skirt(rng, top.fabric.colour))
    else:
        garments = _top_and_trousers(rng, female)
    if rng.random() < 0.2:
        return (*garments, draw_jacket(rng, garments[0].fabric.colour))
    return garments


def _top_and_trousers(rng: np.random.Generator, female: bool) -> tuple[Worn, Worn]:
    waist, tucked = float(rng.uniform(0.10, 0.185)), rng.random() < 0.22
    hem = waist - 0.03 if tucked else min(waist - _LEAST_OVERLAP_M, float(rng.uniform(-0.03, 0.11)))
    top = draw_top(rng, female, hem, tucked)
    bottom = draw_bottom(rng, female, waist, top.fabric.colour, tucked)
    return (top, bottom) if tucked else (bottom, top)
