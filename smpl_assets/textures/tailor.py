"""Makes an outfit's layers: what is cut, lifted and painted on which patch of the base mesh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from smpl_assets.textures.fabric import Fabric, crease_places, paint_cloth
from smpl_assets.textures.garments import Footwear, Garment, Top
from smpl_assets.textures.hair import Hair, paint_fall, paint_shell
from smpl_assets.textures.leather import paint_shoe
from smpl_assets.textures.noise import noise
from smpl_assets.textures.outfit import Outfit
from smpl_assets.textures.patches import get_patch
from smpl_assets.textures.skin import paint_body

_HIDDEN_M = 0.04
_LOOSE_M = 0.05


@dataclass(frozen=True, eq=False)
class LookLayer:
    """One mesh of a look.

    name: `body`, `top`, `jacket`, `bottom`, `skirt`, `shoes`, `hair`, `fall`; patch: the piece of the base mesh it is cut from.
    texture: (H, W, 4) sRGB with the cut as alpha (3 channels: not cut).
    lift: (V,) metres off the patch's surface along its normals; forward: (V,) metres along the head's forward axis (a cap's peak).
    roughness, specular: as MeshLayer.
    """

    name: str
    patch: str
    texture: UInt8[np.ndarray, "height width channels"]
    lift: Float[np.ndarray, " vertices"]
    forward: Float[np.ndarray, " vertices"] | None = None
    roughness: float = 0.85
    specular: float = 0.012


def _cloth_layer(name: str, patch_name: str, garment: Garment, fabric: Fabric, over: tuple[Garment, ...]) -> LookLayer:
    """One garment; what the garments `over` it hide well inside is cut away, so that it cannot poke through them."""
    patch = get_patch(patch_name)
    points = patch.points
    folds = noise(patch_name, "drape" if patch_name == "skirt" else "fold", fabric.mix, "vertices") * crease_places(points)
    ease = garment.ease(points)
    # Folds need room: tight cloth has shallow ones, and none may reach below the skin.
    lift = ease + fabric.folds * (0.36 * ease + 0.0008) * np.clip(folds, -1.6, 2.2)
    inside = garment.inside(patch.chart.points)
    for outer in over:
        inside = np.minimum(inside, _HIDDEN_M - outer.inside(patch.chart.points))
    texture = paint_cloth(fabric, patch, inside)
    return LookLayer(name, patch_name, texture, lift.astype(np.float32))


def _shoe_layer(shoe: Footwear, outfit: Outfit) -> LookLayer:
    patch = get_patch("feet")
    texture = paint_shoe(shoe, outfit.shoe_style, patch.chart.points, patch)
    return LookLayer("shoes", "feet", texture, shoe.ease(patch.points).astype(np.float32), None, 0.5, 0.03)


def _hair_layers(hair: Hair) -> list[LookLayer]:
    if hair.style == "bald":
        return []
    scalp = get_patch("scalp").points
    forward = None
    if hair.style == "cap":
        rim = hair.inside(scalp)
        forward = (
            0.075
            * np.exp(-((rim / 0.010) ** 2))
            * np.clip((scalp.z - 0.075) / 0.05, 0, 1)
            * np.clip(1.3 - scalp.side / 0.06, 0, 1)
        ).astype(np.float32)
    shell = LookLayer("hair", "scalp", paint_shell(hair), hair.lift(scalp).astype(np.float32), forward, 0.6, 0.03)
    if hair.style not in ("bob", "long"):
        return [shell]
    points = get_patch("hair").points
    lift = 0.004 + 0.006 * np.clip(noise("hair", "drape", hair.mix, "vertices"), -0.5, 2)
    return [shell, LookLayer("fall", "hair", paint_fall(hair), (lift * np.ones(len(points))).astype(np.float32), None, 0.6, 0.03)]


def make_layers(outfit: Outfit) -> tuple[LookLayer, ...]:
    """All layers of an outfit, the skin first."""
    skin_points = get_patch("body").chart.points
    tight, any_cloth = np.full(len(skin_points), -1.0, np.float32), np.full(len(skin_points), -1.0, np.float32)
    layers = []
    for order, (name, patch, garment, fabric) in enumerate(outfit.garments):
        over = tuple(g for _, p, g, _ in outfit.garments[order + 1 :] if p != "skirt" and patch != "skirt")
        layers.append(_cloth_layer(name, patch, garment, fabric, over))
        inside = garment.inside(skin_points).astype(np.float32)
        any_cloth = np.maximum(any_cloth, inside)
        open_front = isinstance(garment, Top) and garment.open_m > 0
        if not open_front:
            # What hangs loosely hides the legs only well above its hem.
            tight = np.maximum(tight, inside - _LOOSE_M if patch == "skirt" else inside)
    if outfit.shoe is not None:
        layers.append(_shoe_layer(outfit.shoe, outfit))
        inside = outfit.shoe.inside(skin_points).astype(np.float32)
        tight, any_cloth = np.maximum(tight, inside), np.maximum(any_cloth, inside)
    layers += _hair_layers(outfit.hair)
    skin = LookLayer(
        "body", "body", paint_body(outfit.face, outfit.sock, tight, any_cloth), np.zeros(0, np.float32), None, 0.55, 0.03
    )
    return (skin, *layers)
