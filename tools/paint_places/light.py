"""Light of the built-in places: days of all kinds, and the shadows that boxes and crowns throw on the floor."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float

from tools.paint_places.noise import Fields
from tools.paint_places.view import Light, Real, View, floor, slabs, window


def daylight(rng: np.random.Generator) -> Light:
    """A sun anywhere but in the picture's middle, from hard and warm to hidden behind clouds."""
    height, turn = rng.uniform(0.3, 1.25), rng.choice([-1, 1]) * rng.uniform(0.5, 3.1)
    towards = np.array([np.cos(height) * np.sin(turn), np.sin(height), np.cos(height) * np.cos(turn)])
    strength = 0.0 if rng.random() < 0.3 else rng.uniform(0.4, 2.1)
    low = np.clip(1.2 - height, 0, 1)
    sun = strength * np.array([1.0, 0.94 - 0.12 * low, 0.84 - 0.3 * low])
    blue = 0.25 * min(strength, 1.2)
    sky = np.array([0.62 - blue * 0.5, 0.64 - blue * 0.25, 0.68 + blue * 0.1]) * rng.uniform(0.8, 1.1)
    return Light(towards, sun, sky, 0.35 * sky + 0.18 * sun)


def indoors(rng: np.random.Generator) -> Light:
    """Light from the ceiling and from one side."""
    turn = rng.uniform(-3.1, 3.1)
    towards = np.array([np.sin(turn), rng.uniform(0.4, 1.5), np.cos(turn)])
    strength = rng.uniform(0.15, 0.6)
    return Light(towards / np.linalg.norm(towards), np.full(3, strength), np.full(3, 0.95 - 0.4 * strength), np.full(3, 0.55))


def _darken(view: View, rows: np.ndarray, lit: Float[np.ndarray, " floor"]) -> None:
    """Keep the share `lit` of the sun on the floor's pixels `rows`, where there is more of it."""
    before = view.sunlit.reshape(-1)[rows]
    after = np.minimum(before, lit)
    sun, sky = view.light.sun * max(view.light.towards[1], 0), view.light.sky
    view.colour.reshape(-1, 3)[rows] *= ((sky + after[:, None] * sun) / (sky + before[:, None] * sun)).astype(np.float32)
    view.sunlit.reshape(-1)[rows] = after


def _floor_rows(
    view: View, low: Float[np.ndarray, "3"] | None = None, high: Float[np.ndarray, "3"] | None = None
) -> tuple[np.ndarray, Float[np.ndarray, "floor 3"]]:
    """Pixels that see the floor, and where on it; with `low` and `high` only where the shadow of that box may fall."""
    rows = columns = slice(None)
    if low is not None and high is not None:
        reach = -view.light.towards / max(view.light.towards[1], 0.1) * high[1]
        covered = window(
            view, np.minimum(low, low + reach) * [1, 0, 1] - 0.1, np.maximum(high, high + reach) * [1, 0, 1] + 0.1, 0.0
        )
        if covered is None:
            return np.zeros(0, np.int64), np.zeros((0, 3), np.float32)
        rows, columns = covered
    hit = floor(view, rows, columns)
    number = np.arange(view.depth.size).reshape(view.depth.shape)[rows, columns][hit.mask]
    return number, np.stack([hit.u, 0 * hit.u, hit.v], axis=1)


def cast(view: View, low: Float[np.ndarray, "3"], high: Float[np.ndarray, "3"], turn: Real) -> None:
    """The shadow of a box on the floor."""
    if view.light.sun.max() < 0.1 or high[1] - low[1] < 0.05:
        return
    corners = np.array([1.0, 0.0, 1.0]) * abs(np.sin(turn)) * float((high - low).max())
    rows, point = _floor_rows(view, low - corners, high + corners)
    middle, half = (low + high) / 2, ((high - low) / 2).astype(np.float32)
    c, s = np.cos(turn), np.sin(turn)
    to_box = np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]], np.float32)
    ray = (to_box @ view.light.towards).astype(np.float32)[None] + np.float32(1e-6)  # a sun along an axis divides by zero
    near, far = slabs((point - middle).astype(np.float32) @ to_box.T, ray, half)
    entry, leave = near.max(axis=1), far.min(axis=1)
    _darken(view, rows, 1 - ((entry < leave) & (leave > 0)).astype(np.float32))


def cast_crown(view: View, fields: Fields, middle: Float[np.ndarray, "3"], radius: Float[np.ndarray, "3"]) -> None:
    """The dappled shadow of a ball of leaves on the floor."""
    if view.light.sun.max() < 0.1:
        return
    rows, point = _floor_rows(view, middle - 1.5 * radius, middle + 1.5 * radius)
    start, ray = (point - middle) / radius, view.light.towards / radius
    ray = ray / np.linalg.norm(ray)
    past = np.linalg.norm(start - (start @ ray)[:, None] * ray, axis=1)
    x, z = point[:, 0].astype(np.float32), point[:, 2].astype(np.float32)
    ragged = 0.3 * fields.rough(x, z, 4.0) + 0.2 * fields.rough(z, x, 1.3)
    _darken(view, rows, np.clip((past + ragged - 0.85) * 4, 0.06, 1).astype(np.float32))


def dapple(view: View, rng: np.random.Generator, fields: Fields, strength: Real) -> None:
    """Shadows of trees and clouds out of the picture."""
    rows, point = _floor_rows(view)
    x, z, size = point[:, 0].astype(np.float32), point[:, 2].astype(np.float32), rng.uniform(6, 25)
    field = fields.smooth(x, z * 0.6, size) + 0.5 * fields.rough(x, z * 0.6, 0.5 * size)
    _darken(view, rows, 1 - np.clip((field - rng.uniform(-0.3, 0.6)) * 4, 0, 1).astype(np.float32) * np.float32(strength))


def unseen(view: View, rng: np.random.Generator) -> None:
    """The shadows of a house, a wall or poles that stand out of the picture."""
    if view.light.towards[1] < 0.15:
        return
    for _ in range(int(rng.integers(1, 4))):
        tall = rng.uniform(2.5, 9)
        wide = np.array([rng.uniform(2, 9), tall, rng.uniform(2, 9)]) if rng.random() < 0.6 else np.array([0.12, tall, 0.12])
        spot = np.array([rng.uniform(-4, 4), 0.0, rng.uniform(2, 9)])
        foot = spot + view.light.towards / view.light.towards[1] * tall * rng.uniform(0.5, 0.95) * [1, 0, 1]
        low = foot - wide / 2 * [1, 0, 1]
        cast(view, low.astype(np.float32), (low + wide).astype(np.float32), rng.uniform(-1, 1))


def mirror(view: View, strength: Real, wall_m: Real, rough_px: Real) -> None:
    """What a polished floor mirrors of a wall `wall_m` ahead: the picture above, upside down and blurred downwards."""
    slope = view.rays[:, view.rays.shape[1] // 2, 1]
    rows = np.interp(-slope - 2 * view.eye / wall_m, slope[::-1], np.arange(len(slope))[::-1]).astype(int)
    soft = cv2.GaussianBlur(np.minimum(view.colour, 4), (0, 0), rough_px, sigmaY=2.5 * rough_px)
    below = floor(view).mask
    grazing = np.clip(1 + view.horizon, 0, 1)[..., None] ** 4
    view.colour[below] += (strength * grazing * soft[rows])[below].astype(np.float32)
