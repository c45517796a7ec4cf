"""What a person wears and looks like, drawn from a seed: a plausible combination of clothes, shoes, hair and a face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from smpl_assets.seeds import derive_seed
from smpl_assets.textures.clothes import Worn, draw_clothes, pick
from smpl_assets.textures.fabric import ShoeStyle
from smpl_assets.textures.face import Face
from smpl_assets.textures.garments import Bottom, Footwear
from smpl_assets.textures.hair import Hair, fall_height
from smpl_assets.textures.noise import mixing_weights
from smpl_assets.textures.palette import Colour, cloth_colour, hair_colour, iris_colour, leather_colour, skin_colour
from smpl_assets.textures.skin import Sock

_CALF_M = -0.6


@dataclass(frozen=True, eq=False)
class Outfit:
    """Everything that `tailor.make_layers` needs.

    garments: inner ones first; shoe: None where barefoot; summary: the choices in words.
    """

    garments: tuple[Worn, ...]
    shoe: Footwear | None
    shoe_style: ShoeStyle
    hair: Hair
    face: Face
    sock: Sock | None
    summary: tuple[str, ...]


def draw_outfit(seed: int, gender_hint: float | None = None) -> Outfit:
    """Draw an outfit; `gender_hint` 0 male .. 1 female tilts the draw, None leaves it even."""
    rng = np.random.default_rng(derive_seed(seed, "look"))
    female = bool(rng.random() < np.clip(0.5 if gender_hint is None else gender_hint, 0.05, 0.95))
    skin, melanin = skin_colour(rng)
    colour = hair_colour(rng, melanin)
    hair = _draw_hair(rng, female, colour, melanin)
    garments = draw_clothes(rng, female)
    bare_calves = not any(isinstance(g.cut, Bottom) and g.cut.leg_m < _CALF_M for g in garments)
    shoe, style, shoe_kind = _draw_shoes(rng, female, bare_calves)
    face = _draw_face(rng, female, skin, melanin, colour)
    sock = Sock(float(rng.uniform(-0.73, -0.56)), cloth_colour(rng)) if shoe is not None and rng.random() < 0.75 else None
    words = [word for g in garments for word in (g.kind, g.fabric.pattern)]
    return Outfit(garments, shoe, style, hair, face, sock, (*words, shoe_kind, hair.style))


def _draw_face(rng: np.random.Generator, female: bool, skin: Colour, melanin: float, hair: Colour) -> Face:
    return Face(
        skin, melanin, hair, iris_colour(rng, melanin), mixing_weights(rng),
        stubble=0.0 if female else float(rng.choice([0.05, 0.25, 0.5, 0.95], p=[0.4, 0.28, 0.14, 0.18])),
        lips=float(rng.uniform(0.2, 0.95 if female else 0.35)), brows=float(rng.uniform(0.2, 0.6 if female else 1.0)),
        blush=float(rng.uniform(0.2, 0.9)), freckles=float(rng.random() < 0.1 * (1 - melanin)),
        age=float(rng.uniform(0, 1) ** 2),
    )  # fmt: skip


def _draw_shoes(rng: np.random.Generator, female: bool, bare_calves: bool) -> tuple[Footwear | None, ShoeStyle, str]:
    """Cut (None: barefoot), style, kind."""
    kind = pick(rng, sneaker=0.58, loafer=0.14 + 0.1 * female, boot=0.16, barefoot=0.05 + 0.07 * bare_calves)
    upper = leather_colour(rng)
    light_sole = kind == "sneaker" and rng.random() < 0.75
    sole = np.array([0.85, 0.84, 0.82]) * rng.uniform(0.85, 1.05) if light_sole else np.full(3, rng.uniform(0.05, 0.2))
    trim, wear = cloth_colour(rng, upper), float(rng.uniform(0, 0.8))
    style = ShoeStyle(upper, sole.astype(np.float32), trim, kind == "sneaker", mixing_weights(rng), wear)
    cuts: dict[str, Footwear | None] = {
        "sneaker": Footwear(-0.742, -0.012, 0.007, 0.014),
        "loafer": Footwear(-0.745, -0.02, 0.004, 0.006, 0.045),
        "boot": Footwear(float(rng.uniform(-0.70, -0.56)), 0.0, 0.009, 0.014),
        "barefoot": None,
    }
    return cuts[kind], style, kind


def _draw_hair(rng: np.random.Generator, female: bool, colour: Colour, melanin: float) -> Hair:
    curly = 0.22 * melanin
    if female:
        style = pick(rng, long=0.38, bob=0.16, bun=0.20, medium=0.08, short=0.04, afro=curly, cap=0.05, beanie=0.03, buzz=0.01)
    else:
        shares = {
            "short": 0.34, "crop": 0.2, "buzz": 0.16, "bald": 0.06, "medium": 0.05, "long": 0.03, "cap": 0.1, "beanie": 0.05,
        }  # fmt: skip
        style = pick(rng, **shares, afro=0.4 * curly)
    recede = float(rng.uniform(0, 0.25 if female or rng.random() < 0.7 else 1.0))
    fall = fall_height(style, rng) if style in ("bob", "long") else 0.5
    return Hair(style, colour, mixing_weights(rng), fall, recede, cloth_colour(rng), float(rng.uniform(0.2, 1.0)))
