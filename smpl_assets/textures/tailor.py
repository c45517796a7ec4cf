"""Makes an outfit's layers: what is cut, lifted and painted on which patch of the base mesh."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from smpl_assets.textures.base_mesh import BASE_VERTICES, Points
from smpl_assets.textures.clothes import Worn
from smpl_assets.textures.fabric import ShoeStyle, crease_places, paint_cloth, paint_shoe
from smpl_assets.textures.garments import Footwear, Garment, Top
from smpl_assets.textures.hair import Hair, paint_fall, paint_shell
from smpl_assets.textures.noise import noise
from smpl_assets.textures.outfit import Outfit
from smpl_assets.textures.patches import get_patch
from smpl_assets.textures.skin import paint_body

_HIDDEN_M = 0.04
_HIDDEN_SKIRT_M = 0.07
_LOOSE_M = 0.05
_NOWHERE_M = -1.0


@dataclass(frozen=True, eq=False)
class LookLayer:
    """One mesh of a look.

    name: `body`, `top`, `jacket`, `bottom`, `skirt`, `shoes`, `hair`, `fall`; patch: the piece of the base mesh it is cut from.
    texture: (H, W, 4) sRGB with the cut as alpha (3 channels: not cut).
    lift: (V,) metres off the patch's surface along its normals; forward: (V,) metres along the head's axis (a cap's peak).
    roughness, specular: as MeshLayer. hidden: of the skin, the regions that need not be drawn (see regions).
    """

    name: str
    patch: str
    texture: UInt8[np.ndarray, "height width channels"]
    lift: Float[np.ndarray, " vertices"]
    forward: Float[np.ndarray, " vertices"] | None = None
    roughness: float = 0.85
    specular: float = 0.012
    hidden: tuple[str, ...] = ()


def _cloth_layer(worn: Worn, over: tuple[Garment, ...]) -> LookLayer:
    """One garment; what the garments `over` it hide well inside is cut away, so that it cannot poke through them."""
    patch, fabric = get_patch(worn.patch), worn.fabric
    loose = worn.patch == "skirt"
    folds = noise(worn.patch, "drape" if loose else "fold", fabric.mix, "vertices") * crease_places(worn.patch, "vertices")
    ease = worn.cut.ease(patch.points)
    # Folds need room: tight cloth has shallow ones, and none may reach below the skin.
    lift = ease + fabric.folds * (0.42 * ease + 0.0009) * np.clip(folds, -1.6, 2.2)
    inside = worn.cut.inside(patch.chart.points)
    for outer in over:
        inside = np.minimum(inside, (_HIDDEN_SKIRT_M if loose else _HIDDEN_M) - outer.inside(patch.chart.points))
    return LookLayer(worn.name, worn.patch, paint_cloth(fabric, patch, inside), lift.astype(np.float32))


def _shoe_layer(shoe: Footwear, style: ShoeStyle) -> LookLayer:
    patch = get_patch("feet")
    texture = paint_shoe(shoe, style, patch.chart.points, patch)
    return LookLayer("shoes", "feet", texture, shoe.ease(patch.points).astype(np.float32), None, 0.5, 0.03)


def _hair_layers(hair: Hair) -> list[LookLayer]:
    if hair.style == "bald":
        return []
    scalp = get_patch("scalp").points
    forward = None
    if hair.style == "cap":
        rim = hair.inside(scalp)
        peak = 0.075 * np.exp(-((rim / 0.010) ** 2)) * np.clip((scalp.z - 0.075) / 0.05, 0, 1)
        forward = (peak * np.clip(1.3 - scalp.side / 0.06, 0, 1)).astype(np.float32)
    shell = LookLayer("hair", "scalp", paint_shell(hair), hair.lift(scalp).astype(np.float32), forward, *hair.gloss)
    if hair.style not in ("bob", "long"):
        return [shell]
    points = get_patch("hair").points
    lift = 0.004 + 0.006 * np.clip(noise("hair", "drape", hair.mix, "vertices"), -0.5, 2)
    return [
        shell,
        LookLayer("fall", "hair", paint_fall(hair), (lift * np.ones(len(points))).astype(np.float32), None, *hair.gloss),
    ]


def make_layers(outfit: Outfit) -> tuple[LookLayer, ...]:
    """All layers of an outfit, the skin first."""
    layers = []
    for order, worn in enumerate(outfit.garments):
        outer = tuple(o.cut for o in outfit.garments[order + 1 :] if o.patch != "skirt")
        layers.append(_cloth_layer(worn, outer))
    if outfit.shoe is not None:
        layers.append(_shoe_layer(outfit.shoe, outfit.shoe_style))
    body = get_patch("body")
    texture = paint_body(outfit.face, outfit.sock, *_coverage(outfit, body.chart.points), outfit.hair)
    thick = outfit.hair.style not in ("bald", "buzz")
    hidden = hidden_regions(_coverage(outfit, body.points)[0], outfit.hair.inside(body.points) if thick else None)
    skin = LookLayer("body", "body", texture, np.zeros(0, np.float32), None, 0.55, 0.03, hidden)
    return (skin, *layers, *_hair_layers(outfit.hair))


def _coverage(outfit: Outfit, points: Points) -> tuple[np.ndarray, np.ndarray]:
    """Signed distances (N,) m, at places on the skin, into clothing that hides the skin and into any clothing."""
    hiding, any_cloth = (np.full(len(points), _NOWHERE_M, np.float32) for _ in range(2))
    cuts = [(worn.cut, worn.patch) for worn in outfit.garments] + ([(outfit.shoe, "feet")] if outfit.shoe is not None else [])
    for cut, patch in cuts:
        inside = cut.inside(points)
        any_cloth = np.maximum(any_cloth, inside)
        if not (isinstance(cut, Top) and cut.open_m > 0):
            # What hangs loosely hides the legs only well above its hem.
            hiding = np.maximum(hiding, inside - _LOOSE_M if patch == "skirt" else inside)
    return hiding, any_cloth


# From this deep inside clothing on, the skin's alpha is zero (see skin.paint_body).
HIDING_M = 0.021
_TONGUE = (13380, 13605)


@lru_cache(maxsize=1)
def regions() -> dict[str, Bool[np.ndarray, " vertices"]]:
    """Vertices (V,) of the `body` patch by region: scalp, chest, belly, upper and lower arms, thighs, shins, feet."""
    points = get_patch("body").points
    arm, y = points.on_arm & (points.part("hand") < 0.5), points.y
    trunk = ~points.on_arm & (points.part("head") + points.part("neck") < 0.05)
    leg = points.part("leg") + points.part("foot") > 0.5
    scalp = (points.part("head") > 0.5) & (y > 0.75) & (points.z < 0.09) & (points.side < 0.08)
    return {
        "scalp": scalp | ((points.part("head") > 0.5) & (y > 0.67) & (points.z < -0.005)),
        "chest": trunk & (y > 0.25) & (y < 0.44) & (points.along_arm < -0.03),
        "belly": trunk & (y > -0.03) & (y <= 0.25),
        "upper arms": arm & (points.along_arm > 0.03) & (points.along_arm < 0.10),
        "lower arms": arm & (points.along_arm >= 0.10) & (points.along_arm < 0.41),
        "thighs": leg & (y > -0.20) & (y <= -0.03) & ~points.on_arm,
        "shins": leg & (y > -0.71) & (y <= -0.20),
        "feet": leg & (y < -0.775),
    }


def hidden_regions(covered: Float[np.ndarray, " vertices"], hair: Float[np.ndarray, " vertices"] | None) -> tuple[str, ...]:
    """Regions that lie wholly under clothes or hair.

    covered: (V,) m signed distance into clothing that hides the skin, at the vertices of the `body` patch; hair: the same for
        hair, None where it is too thin to hide the scalp.
    """
    found = []
    for name, rows in regions().items():
        depth = hair if name == "scalp" else covered
        if depth is not None and float(depth[rows].min()) > HIDING_M:
            found.append(name)
    return tuple(found)


def shown_faces(
    faces: Int[np.ndarray, "faces 3"], base_index: Int[np.ndarray, " vertices"], hidden: tuple[str, ...]
) -> Bool[np.ndarray, " faces"]:
    """Which faces (F,) of a body are to be drawn: not those of hidden regions, nor the tongue behind the closed lips.

    faces: (F, 3) of the body model; base_index: (V,) number of its vertices in the base mesh.
    """
    patch = get_patch("body")
    covered = np.zeros(BASE_VERTICES, bool)
    for name in hidden:
        covered[patch.vertices[regions()[name]]] = True
    covered[_TONGUE[0] : _TONGUE[1] + 1] = True
    return ~covered[base_index[faces]].all(1)
