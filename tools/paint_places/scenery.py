"""Built-in places without people, painted in linear light from a seed: colours, sky, surfaces, boxes, air."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from tools.paint_places.light import cast
from tools.paint_places.materials import Material
from tools.paint_places.noise import Fields
from tools.paint_places.view import FAR_M, Real, View, box, floor, look, plane, put, window

Colour = Float[np.ndarray, "3"]
Size = tuple[Real, Real, Real]
_WOOD = np.array([[0.32, 0.19, 0.10], [0.45, 0.31, 0.18], [0.18, 0.10, 0.055], [0.55, 0.42, 0.29]], np.float32)


def tint(rng: np.random.Generator, low: Real, high: Real, saturation: Real = 0.12) -> Colour:
    """A random linear colour of a brightness between `low` and `high`: mostly muted, one in eight at full saturation."""
    strength = saturation * (1.2 if rng.random() < 0.125 else 0.5)
    warm = np.array([0.35, 0.0, -0.45]) * rng.uniform(-0.4, 1.0) * saturation
    return np.clip(rng.uniform(low, high) * (1 + strength * rng.standard_normal(3) + warm), 0.012, 0.9).astype(np.float32)


def wood(rng: np.random.Generator) -> Colour:
    """A wood's colour."""
    return np.asarray(_WOOD[rng.integers(len(_WOOD))] * rng.uniform(0.5, 1.2), np.float32)


def sky(view: View, rng: np.random.Generator, fields: Fields) -> None:
    """A sky behind everything: blue where the sun shines, grey where it does not, paler at the horizon, with clouds."""
    up = np.clip(view.horizon, 0, 1)[..., None]
    sunny = float(min(view.light.sun.max(), 1.0))
    blue, overcast = np.array([0.17, 0.36, 0.85]), np.array([0.85, 0.88, 0.93])
    zenith = blue * sunny + overcast * (1 - sunny)
    pale = np.array([0.85, 0.92, 1.0]) * rng.uniform(0.6, 1.1)
    colour = pale * (1 - up**0.5) + zenith * up**0.5
    far = view.rays / np.maximum(view.rays[..., 1:2] + 0.03, 0.04)
    x, z = far[..., 0].ravel(), far[..., 2].ravel()
    clouds = 0.7 * fields.smooth(x, z, 14.0) + 0.8 * fields.rough(x, z, 11.0)
    under = 0.7 * fields.smooth(x, z + 0.25, 14.0) + 0.8 * fields.rough(x, z + 0.25, 11.0)
    cover = rng.uniform(-0.5, 0.9) if sunny > 0.3 else rng.uniform(0.6, 1.4)
    share = np.clip(1.5 * (clouds + cover - 0.35), 0, 1).reshape(view.depth.shape)[..., None] * np.clip(up * 9, 0, 1)
    bright = np.clip(1 + 0.5 * (clouds - under) - 0.18 * np.clip(clouds + cover, 0, 1.5), 0.45, 1.4).reshape(share.shape)
    white = np.array([1.15, 1.16, 1.18]) * rng.uniform(0.65, 1.2)
    view.colour[:] = colour * (1 - share) + white * bright * share


def lay(view: View, axis: int, at: Real, material: Material, light: Real = 1.0) -> None:
    """Paint a whole plane where it is the nearest thing, lit by the place's light."""
    hit = plane(view, axis, at)
    if hit.mask.any():
        normal = np.zeros(3)
        normal[axis] = np.sign((0.0, view.eye, 0.0)[axis] - at)
        lit = view.light.on(normal) * light
        put(view, hit, (material(hit.u, hit.v, hit.depth) * lit).astype(np.float32))


def stand(view: View, low: Size, size: Size, material: Material, turn: Real = 0.0, glow: Real = 0.0) -> None:
    """Put a box: each face lit by the place's light (or shining by itself, `glow`), darker towards the floor, with its shadow."""
    low3 = np.array(low, np.float32)
    high3 = low3 + np.array(size, np.float32)
    if not glow:
        cast(view, low3, high3, float(turn))
        _contact(view, (low3 + high3) / 2, np.array(size), turn)
    c, s = np.cos(turn), np.sin(turn)
    to_world = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    for side, hit in box(view, low3, high3, turn):
        normal = np.zeros(3)
        normal[abs(side) - 1] = np.sign(side)
        lit = np.full(3, glow) if glow else view.light.on(to_world @ normal)
        lift = np.clip(0.62 + 0.5 * hit.v, 0.62, 1) if abs(side) != 2 and not glow else np.ones(1)
        put(view, hit, (material(hit.u, hit.v, hit.depth) * (lit * np.reshape(lift, (-1, 1)))).astype(np.float32))


def _contact(view: View, middle: np.ndarray, size: np.ndarray, turn: Real) -> None:
    """Darken the floor around a box that stands on it."""
    if middle[1] - size[1] / 2 > 0.6 or min(size[0], size[2]) < 0.03:
        return
    around = np.array([1.0, 0.0, 1.0]) * (size / 2 + 0.3 + 0.45 * min(size[1], 2.0))
    covered = window(view, middle * [1, 0, 1] - around, middle * [1, 0, 1] + around, turn)
    if covered is None:
        return
    below = floor(view, *covered)
    x, z = below.u - middle[0], below.v - middle[2]
    c, s = np.cos(turn), np.sin(turn)
    dx = np.maximum(np.abs(c * x - s * z) - size[0] / 2, 0)
    dz = np.maximum(np.abs(s * x + c * z) - size[2] / 2, 0)
    thick = min(1.0, min(size[0], size[2]) / 0.3)
    near = np.exp(-np.hypot(dx, dz) / (0.04 + thick * (0.08 + 0.15 * min(size[1], 2.0))))
    view.colour[covered][below.mask] *= (1 - 0.65 * near)[:, None].astype(np.float32)


def haze(view: View, colour: np.ndarray, reach_m: Real) -> None:
    """Air between the camera and far things."""
    share = (1 - np.exp(-np.minimum(view.depth, 400) / reach_m))[..., None] * (view.depth < FAR_M)[..., None]
    view.colour[:] = view.colour * (1 - share) + np.asarray(colour, np.float32) * share


def new_view(
    rng: np.random.Generator, size: tuple[int, int], eye: tuple[Real, Real], pitch: tuple[Real, Real]
) -> tuple[View, Fields]:
    """A camera and the noise fields of its scene."""
    return look(rng, size[0], size[1], eye, pitch), Fields(rng)
