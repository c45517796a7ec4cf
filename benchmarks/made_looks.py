"""What people of the made set wear and how they are lit: nothing of the wardrobe, no light taken from the surroundings.

A body is painted in one piece, skin-tight: skin, a scalp, and garments in patterns that are functions of the place on the body
at rest. Neither garments nor hair have a mesh of their own, and `smpl_assets.textures` lends nothing but the body's chart.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float

from smpl_assets.scene import Lighting
from smpl_assets.textures.base_mesh import Points
from smpl_assets.textures.look import Look, plain_look
from smpl_assets.textures.patches import get_patch

Colour = Float[np.ndarray, "3"]
Field = Float[np.ndarray, " points"]
Drawn = Callable[[Points, np.random.Generator], Field]


def colour(rng: np.random.Generator, saturation: tuple[float, float], value: tuple[float, float]) -> Colour:
    """A colour (sRGB 0..1) of any hue."""
    return np.array(colorsys.hsv_to_rgb(rng.random(), rng.uniform(*saturation), rng.uniform(*value)))


def waves(points: Points, rng: np.random.Generator, metre: float) -> Field:
    """Smooth noise of spread 1: plane waves in random directions, each about `metre` long."""
    vectors = rng.standard_normal((5, 3)).astype(np.float32) * np.float32(2 * np.pi / metre / np.sqrt(3))
    phases = rng.uniform(0, 2 * np.pi, 5).astype(np.float32)
    return np.cos(points.position @ vectors.T + phases).sum(1) * np.float32(np.sqrt(2 / 5))


def _stripes(points: Points, rng: np.random.Generator) -> Field:
    axis = rng.standard_normal(3)
    return np.sign(np.sin(points.position @ (axis / np.linalg.norm(axis)).astype(np.float32) * rng.uniform(40, 160)))


def _checks(points: Points, rng: np.random.Generator) -> Field:
    return 0.5 * (_stripes(points, rng) + _stripes(points, rng))


def _dots(points: Points, rng: np.random.Generator) -> Field:
    cell = rng.uniform(0.05, 0.12)
    inside = (points.position / cell) % 1 - 0.5
    return np.where((inside**2).sum(1) < rng.uniform(0.08, 0.2), 1.0, -1.0)


def _camouflage(points: Points, rng: np.random.Generator) -> Field:
    return np.clip(np.round(1.2 * waves(points, rng, rng.uniform(0.12, 0.3))), -1, 1)


def _gradient(points: Points, rng: np.random.Generator) -> Field:
    return np.clip(waves(points, rng, 0.8), -1, 1)


PATTERNS: tuple[Drawn, ...] = (_stripes, _checks, _dots, _camouflage, _gradient)


def _garments(points: Points, rng: np.random.Generator) -> list[Bool[np.ndarray, " points"]]:
    """Where each garment lies: trousers, shirt, shoes or socks, gloves now and then."""
    leg, waist = rng.uniform(-0.78, 0.02), rng.uniform(0.08, 0.25)
    sleeve, neck, shoe = rng.uniform(0.02, 0.5), rng.uniform(0.48, 0.58), rng.uniform(-0.8, -0.45)
    arm = points.on_arm
    trousers = ~arm & (points.y < waist) & (points.y > leg)
    shirt = np.where(arm, points.along_arm < sleeve, (points.y >= waist) & (points.y < neck))
    worn = [trousers, shirt, ~arm & (points.y < shoe)]
    return [*worn, points.part("hand") > 0.5] if rng.random() < 0.3 else worn


def _skin(points: Points, rng: np.random.Generator) -> Float[np.ndarray, "3 points"]:
    """Skin with blotches, a scalp in any colour, and dark eyes, brows and mouth."""
    tone = np.array(colorsys.hsv_to_rgb(rng.uniform(0.02, 0.11), rng.uniform(0.25, 0.65), rng.uniform(0.3, 1.0)))
    painted = tone[:, None] * (1 + 0.08 * waves(points, rng, 0.15))
    hairline = rng.uniform(0.74, 0.8)
    head = points.part("head") > 0.3
    scalp = head & ((points.y > hairline) | ((points.z < 0.03) & (points.y > rng.uniform(0.58, 0.7))))
    if rng.random() < 0.85:
        painted[:, scalp] = (colour(rng, (0.1, 0.9), (0.05, 0.9))[:, None] * (1 + 0.25 * waves(points, rng, 0.03)))[:, scalp]
    face = head & (points.z > 0.08)
    eyes = np.hypot(points.side - 0.032, points.y - 0.722) < 0.011
    brows = (np.abs(points.side - 0.034) < 0.02) & (np.abs(points.y - 0.745) < 0.004)
    mouth = (points.side < 0.026) & (np.abs(points.y - 0.648) < 0.006)
    painted[:, face & (eyes | brows | mouth)] *= 0.25
    return painted


def paint_look(name: str, rng: np.random.Generator) -> Look:
    """One painted body."""
    chart = get_patch("body").chart
    points = chart.points
    painted = _skin(points, rng)
    for worn in _garments(points, rng):
        first, second = (colour(rng, (0.0, 0.8), (0.1, 1.0)) for _ in range(2))
        mix = 0.5 + 0.5 * PATTERNS[rng.integers(len(PATTERNS))](points, rng)
        cloth = first[:, None] * (1 - mix) + second[:, None] * mix
        painted[:, worn] = cloth[:, worn]
    texture = chart.paint(painted, np.ones(len(points), np.float32))
    return plain_look(name, np.ascontiguousarray(texture[..., :3]))


def hard_light(rng: np.random.Generator) -> Lighting:
    """One strong lamp in any colour from any side that the camera sees, little else, no ambient occlusion."""
    towards = rng.standard_normal(3) * [1.0, 1.0, 0.7] - [0.0, 0.2, 0.5]
    lamp = colour(rng, (0.0, 0.35), (1.0, 1.0)) * rng.uniform(0.9, 1.8)
    rest = colour(rng, (0.0, 0.4), (1.0, 1.0))
    harmonics = np.zeros((9, 3), np.float32)
    harmonics[0] = rest * rng.uniform(0.25, 0.6)
    harmonics[1:4] = rng.uniform(-0.3, 0.3, (3, 1)) * harmonics[0]
    return Lighting(harmonics, towards / np.linalg.norm(towards), lamp, occlusion=0.0)
