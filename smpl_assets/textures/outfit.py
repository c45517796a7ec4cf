"""What a person wears, drawn from a seed: a plausible combination of garments, cloth, hair, shoes and a face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from smpl_assets.seeds import derive_seed
from smpl_assets.textures.fabric import Fabric
from smpl_assets.textures.face import Face
from smpl_assets.textures.garments import Bottom, Footwear, Garment, Skirt, Top
from smpl_assets.textures.hair import Hair, fall_height
from smpl_assets.textures.leather import ShoeStyle
from smpl_assets.textures.noise import mixing_weights
from smpl_assets.textures.palette import cloth_colour, denim_colour, hair_colour, iris_colour, leather_colour, skin_colour
from smpl_assets.textures.skin import Sock

_WRIST_M = 0.445
_ANKLE_M = -0.755


@dataclass(frozen=True, eq=False)
class Outfit:
    """Everything that `tailor.make_layers` needs.

    garments: (name, patch, cut, fabric), inner ones first; summary: the choices in words, for labels and tests.
    """

    garments: tuple[tuple[str, str, Garment, Fabric], ...]
    shoe: Footwear | None
    shoe_style: ShoeStyle
    hair: Hair
    face: Face
    sock: Sock | None
    summary: tuple[str, ...]


def _pick(rng: np.random.Generator, **shares: float) -> str:
    weights = np.array(list(shares.values()))
    return list(shares)[int(rng.choice(len(weights), p=weights / weights.sum()))]


def _fabric(rng: np.random.Generator, pattern: str = "plain", colour: np.ndarray | None = None, **more: float | bool) -> Fabric:
    colour = cloth_colour(rng) if colour is None else colour
    second = cloth_colour(rng, colour)
    if pattern in ("heather", "flowers", "camouflage"):
        second = np.clip(colour * float(rng.uniform(0.55, 0.8)) if pattern != "flowers" else second, 0, 1)
    return Fabric(
        colour, second, pattern, float(rng.uniform(0.02, 0.075)), **{"folds": float(rng.uniform(0.45, 1.0)), **more},  # type: ignore[arg-type]
        seed=int(rng.integers(1 << 30)), mix=mixing_weights(rng),
    )  # fmt: skip


def _top(rng: np.random.Generator, female: bool, tucked: bool, waist: float) -> tuple[Top, Fabric, str]:
    kind = _pick(
        rng,
        tshirt=0.38,
        shirt=0.15,
        longsleeve=0.15,
        sweater=0.12,
        tank=0.14 if female else 0.06,
        polo=0.06,
        fitted=0.12 if female else 0.02,
    )
    hem = waist - 0.03 if tucked else float(rng.uniform(-0.03, 0.09))
    neck = _pick(rng, crew=0.6, v=0.2, scoop=0.2 if female else 0.05)
    depth = float(rng.uniform(0.03, 0.10 if female else 0.06)) if neck != "crew" else float(rng.uniform(0, 0.012))
    pattern = _pick(
        rng,
        plain=0.5,
        print=0.17,
        stripes=0.12,
        heather=0.08,
        blocks=0.05,
        flowers=0.04 if female else 0.01,
        dots=0.02,
        camouflage=0.015,
    )
    if kind == "shirt":
        pattern = _pick(rng, plain=0.5, checks=0.28, pinstripes=0.15, dots=0.03, flowers=0.04)
        sleeve = _WRIST_M if rng.random() < 0.7 else 0.20
        return Top(hem, sleeve, 0.045, "v", 0, 0.009, 0.012, 0.008), _fabric(rng, pattern, buttons=True), "shirt"
    if kind == "sweater":
        neck_shape = "high" if rng.random() < 0.25 else "crew"
        return (
            Top(min(hem, 0.05), _WRIST_M, 0.0, neck_shape, 0, 0.016, 0.012, 0.010),
            _fabric(rng, _pick(rng, plain=0.6, stripes=0.15, heather=0.25)),
            kind,
        )
    if kind == "longsleeve":
        return Top(hem, _WRIST_M, depth, neck, 0, 0.008, 0.008, 0.005), _fabric(rng, pattern), kind
    if kind == "tank":
        return Top(hem, float(rng.uniform(-0.03, 0.0)), 0.05 + depth, "scoop", 0, 0.006, 0.008, 0.0), _fabric(rng, pattern), kind
    if kind == "fitted":
        short = float(rng.uniform(0.18, 0.25)) if not tucked and rng.random() < 0.4 else hem
        return (
            Top(short, float(rng.choice([0.0, 0.12, _WRIST_M])), depth, neck, 0, 0.004, 0.001, 0.001),
            _fabric(rng, "plain", folds=0.25),
            kind,
        )
    sleeve = float(rng.uniform(0.13, 0.21))
    return (
        Top(
            hem,
            sleeve,
            depth,
            "crew" if kind == "polo" else neck,
            0,
            0.008,
            float(rng.uniform(0.006, 0.022)),
            float(rng.uniform(0.006, 0.018)),
        ),
        _fabric(rng, pattern),
        kind,
    )


def _bottom(rng: np.random.Generator, female: bool, waist: float) -> tuple[Bottom, Fabric, str]:
    kind = _pick(rng, jeans=0.36, chinos=0.22, shorts=0.20, leggings=0.18 if female else 0.03, joggers=0.10, suit=0.05)
    if kind == "jeans":
        colour = denim_colour(rng) if rng.random() < 0.8 else cloth_colour(rng) * 0.5
        cut = Bottom(waist, _ANKLE_M, 0.006, float(rng.uniform(0.002, 0.028)), float(rng.uniform(0, 0.006)))
        return (
            cut,
            _fabric(rng, "heather", colour, denim=float(rng.uniform(0.1, 0.9)), seam=0.35, folds=float(rng.uniform(0.6, 1.1))),
            kind,
        )
    if kind == "shorts":
        cut = Bottom(waist, float(rng.uniform(-0.36, -0.15)), 0.008, float(rng.uniform(0.008, 0.03)))
        return cut, _fabric(rng, _pick(rng, plain=0.8, checks=0.08, camouflage=0.04, flowers=0.05)), kind
    if kind == "leggings":
        return (
            Bottom(waist + 0.01, float(rng.choice([_ANKLE_M, -0.62, -0.45])), 0.003, 0.0),
            _fabric(rng, "plain", cloth_colour(rng) * 0.6, folds=0.2, seam=0.12),
            kind,
        )
    if kind == "joggers":
        return Bottom(waist, _ANKLE_M + 0.01, 0.010, 0.008, 0.010), _fabric(rng, _pick(rng, plain=0.6, heather=0.4)), kind
    return Bottom(waist, _ANKLE_M, 0.008, float(rng.uniform(0.015, 0.03)), 0.004), _fabric(rng), kind


def _jacket(rng: np.random.Generator) -> tuple[Top, Fabric, str]:
    kind = _pick(rng, jacket=0.5, hoodie=0.3, blazer=0.2)
    hem = float(rng.uniform(-0.12, 0.06))
    cut = Top(hem, _WRIST_M + 0.005, 0.02, "v", float(rng.uniform(0.012, 0.075)), 0.020, 0.014, 0.010)
    pattern = (
        "heather"
        if kind == "hoodie" and rng.random() < 0.5
        else "checks"
        if kind == "blazer" and rng.random() < 0.15
        else "plain"
    )
    return cut, _fabric(rng, pattern, seam=0.35), kind


def _clothes(rng: np.random.Generator, female: bool) -> tuple[list[tuple[str, str, Garment, Fabric]], list[str], bool]:
    """Garments, their names, and whether the calves are bare."""
    garments: list[tuple[str, str, Garment, Fabric]] = []
    waist = float(rng.uniform(0.10, 0.185))
    form = _pick(rng, dress=0.16, skirt=0.12, trousers=0.72) if female else "trousers"
    if form == "dress":
        fabric = _fabric(rng, _pick(rng, plain=0.55, flowers=0.2, dots=0.08, stripes=0.1, checks=0.05))
        cut = Top(
            0.13,
            float(rng.choice([-0.01, 0.12, 0.2, _WRIST_M])),
            float(rng.uniform(0.02, 0.09)),
            str(rng.choice(["v", "scoop"])),
            0,
            0.006,
            0.002,
            0.006,
        )
        hem = float(rng.uniform(-0.62, -0.22))
        skirt = Skirt(0.185, hem, 0.010, float(rng.uniform(-0.05, 0.03)))
        garments = [("top", "top", cut, fabric), ("skirt", "skirt", skirt, fabric)]
        return garments, ["dress", fabric.pattern], True
    if form == "skirt":
        top, cloth, kind = _top(rng, female, True, 0.17)
        hem = float(rng.uniform(-0.6, -0.15))
        garments = [("top", "top", top, cloth)]
        garments.append(
            (
                "skirt",
                "skirt",
                Skirt(0.185, hem, 0.012, float(rng.uniform(-0.06, 0.03))),
                _fabric(rng, _pick(rng, plain=0.7, checks=0.15, flowers=0.1)),
            )
        )
        names = [kind, cloth.pattern, "skirt"]
    else:
        tucked = rng.random() < 0.22
        top, cloth, kind = _top(rng, female, tucked, waist)
        bottom, denim, lower = _bottom(rng, female, waist)
        if not tucked and top.hem_m > waist - 0.01 and kind != "fitted":
            waist = top.hem_m + 0.03
            bottom = Bottom(waist, bottom.leg_m, bottom.ease_m, bottom.flare_m, bottom.knee_m)
        garments = [("bottom", "bottom", bottom, denim), ("top", "top", top, cloth)]
        names = [kind, cloth.pattern, lower]
        if tucked:
            belted = Bottom(bottom.waist_m, bottom.leg_m, bottom.ease_m, bottom.flare_m, bottom.knee_m, 0.006)
            garments = [garments[1], ("bottom", "bottom", belted, denim)]
            garments[0] = (
                "top",
                "top",
                Top(top.hem_m, top.sleeve_m, top.neck_m, top.neck_shape, 0, 0.005, -0.002, top.cuff_m),
                cloth,
            )
    if rng.random() < 0.2:
        jacket, cloth, kind = _jacket(rng)
        garments.append(("jacket", "top", jacket, cloth))
        names.append(kind)
    bare = not any(isinstance(cut, Bottom) and cut.leg_m < -0.6 for _, _, cut, _ in garments)
    return garments, names, bare


def _shoes(rng: np.random.Generator, female: bool, bare_calves: bool) -> tuple[Footwear | None, ShoeStyle, str]:
    kind = _pick(rng, sneaker=0.58, loafer=0.14 + 0.1 * female, boot=0.16, barefoot=0.05 + 0.07 * bare_calves)
    upper = leather_colour(rng)
    white = np.array([0.85, 0.84, 0.82], np.float32)
    sole = (
        white * float(rng.uniform(0.85, 1.05))
        if kind == "sneaker" and rng.random() < 0.75
        else np.full(3, rng.uniform(0.05, 0.2), np.float32)
    )
    style = ShoeStyle(upper, sole, cloth_colour(rng, upper), kind == "sneaker", mixing_weights(rng), float(rng.uniform(0, 0.8)))
    cut = {
        "sneaker": Footwear(-0.742, -0.012, 0.007, 0.014),
        "loafer": Footwear(-0.745, -0.02, 0.004, 0.006, 0.045),
        "boot": Footwear(float(rng.uniform(-0.70, -0.56)), 0.0, 0.009, 0.014),
        "barefoot": None,
    }[kind]
    return cut, style, kind


def _hair(rng: np.random.Generator, female: bool, colour: np.ndarray, melanin: float) -> Hair:
    curly = 0.22 * melanin
    if female:
        style = _pick(rng, long=0.38, bob=0.16, bun=0.20, medium=0.08, short=0.04, afro=curly, cap=0.05, beanie=0.03, buzz=0.01)
    else:
        style = _pick(
            rng, short=0.34, crop=0.20, buzz=0.16, bald=0.06, medium=0.05, afro=0.4 * curly, long=0.03, cap=0.10, beanie=0.05
        )
    recede = float(rng.uniform(0, 0.25 if female or rng.random() < 0.7 else 1.0))
    fall = fall_height(style, rng) if style in ("bob", "long") else 0.5
    return Hair(style, colour, mixing_weights(rng), fall, recede, cloth_colour(rng), float(rng.uniform(0.2, 1.0)))


def draw_outfit(seed: int, gender_hint: float | None = None) -> Outfit:
    """Draw an outfit; `gender_hint` 0 male .. 1 female tilts the draw, None leaves it even."""
    rng = np.random.default_rng(derive_seed(seed, "look"))
    female = bool(rng.random() < np.clip(0.5 if gender_hint is None else gender_hint, 0.05, 0.95))
    skin, melanin = skin_colour(rng)
    colour = hair_colour(rng, melanin)
    hair = _hair(rng, female, colour, melanin)
    garments, names, bare_calves = _clothes(rng, female)
    shoe, style, shoe_kind = _shoes(rng, female, bare_calves)
    stubble = 0.0 if female else float(rng.choice([0.05, 0.25, 0.5, 0.95], p=[0.4, 0.28, 0.14, 0.18]))
    face = Face(
        skin, melanin, colour, iris_colour(rng, melanin), mixing_weights(rng), stubble,
        lips=float(rng.uniform(0.2, 0.95 if female else 0.35)), brows=float(rng.uniform(0.2, 0.6 if female else 1.0)),
        blush=float(rng.uniform(0.2, 0.9)), freckles=float(rng.random() < 0.1 * (1 - melanin)), age=float(rng.uniform(0, 1) ** 2),
    )  # fmt: skip
    sock = Sock(float(rng.uniform(-0.73, -0.56)), cloth_colour(rng)) if shoe is not None and rng.random() < 0.75 else None
    return Outfit(tuple(garments), shoe, style, hair, face, sock, (*names, shoe_kind, hair.style))
