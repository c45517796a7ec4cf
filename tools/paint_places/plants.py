"""Plants of the built-in places: trees, bushes, woods on the horizon, as upright cards cut out by noise."""

from __future__ import annotations

import numpy as np

from tools.paint_places import materials
from tools.paint_places.light import cast_crown
from tools.paint_places.materials import Material
from tools.paint_places.noise import Fields
from tools.paint_places.scenery import stand
from tools.paint_places.view import Hit, Real, View, box, plane

_LEAF = np.array([[0.035, 0.07, 0.015], [0.05, 0.075, 0.02], [0.03, 0.055, 0.02], [0.09, 0.06, 0.015]])
_LIT = np.array([[0.15, 0.25, 0.045], [0.21, 0.26, 0.06], [0.10, 0.17, 0.05], [0.42, 0.24, 0.05]])


def leaves(rng: np.random.Generator, fields: Fields) -> Material:
    """Foliage of one kind of plant; now and then in autumn."""
    kind = int(rng.choice(4, p=[0.38, 0.3, 0.25, 0.07]))
    return materials.foliage(fields, _LEAF[kind] * rng.uniform(0.6, 1.3), _LIT[kind] * rng.uniform(0.6, 1.2))


def _card(view: View, low: np.ndarray, size: np.ndarray) -> Hit | None:
    return next((hit for side, hit in box(view, low, low + size, 0.0) if abs(side) == 3), None)


def crown(view: View, fields: Fields, leaf: Material, middle: np.ndarray, radius: np.ndarray, gaps: Real = 0.0) -> None:
    """A ball of leaves, lit as a ball; `gaps`: how much one sees through it."""
    cast_crown(view, fields, middle, radius)
    low = (middle - 1.35 * radius).astype(np.float32)
    low[2] = middle[2]
    hit = _card(view, low, np.array([2.7 * radius[0], 2.7 * radius[1], 0.01], np.float32))
    if hit is None:
        return
    dx, dy = hit.u / radius[0] - 1.35, hit.v / radius[1] - 1.35
    u, v = hit.u + np.float32(7.1 * middle[0]), hit.v + np.float32(3.3 * middle[2])
    fine = 0.3 * fields.grain(u, v, hit.depth, 1.6) + 0.3 * fields.grain(v, u, hit.depth, 3.5)
    ragged = 0.3 * fields.rough(u, v, 2.4) + 0.25 * fields.smooth(u, v, 2.2) + fine
    edge = dx * dx + dy * dy
    inside = (edge + ragged < 0.85) & (0.7 * fields.rough(v, u, 1.5) + fine + 0.5 * edge < 1.45 - gaps)
    bulge = np.sqrt(np.clip(1 - edge, 0.05, 1))
    normal = np.stack([dx + 0.5 * ragged, dy + 0.6 * ragged, -bulge], axis=1)[inside]
    lit = view.light.on(normal / np.linalg.norm(normal, axis=1, keepdims=True))
    rows = np.flatnonzero(hit.mask.ravel())[inside]
    view.colour.reshape(-1, 3)[rows] = leaf(u[inside], v[inside], hit.depth[inside]) * lit
    view.depth.reshape(-1)[rows] = hit.depth[inside]


def trees(view: View, rng: np.random.Generator, fields: Fields, distance: Real, count: int, height: Real) -> None:
    """Trees at about this distance, each of a few crowns over a trunk."""
    kinds = [leaves(rng, fields) for _ in range(2)]
    for far in sorted(distance * rng.uniform(0.75, 1.35, count), reverse=True):
        x, tall = rng.uniform(-1.1, 1.1) * far, height * rng.uniform(0.6, 1.4)
        bark = materials.gravel(fields, np.array([0.085, 0.065, 0.05], np.float32) * rng.uniform(0.5, 1.6), 0.3)
        wide = tall * rng.uniform(0.2, 0.36)
        stand(view, (x - 0.02 * tall, 0.0, far), (0.035 * tall, 0.7 * tall, 0.035 * tall), bark)
        leaf = kinds[int(rng.integers(2))]
        for _ in range(int(rng.integers(2, 5))):
            off = rng.uniform(-0.6, 0.6, 3) * wide
            middle = np.array([x, 0.68 * tall, far]) + off * [1, 0.9, 0.6]
            crown(view, fields, leaf, middle, wide * rng.uniform(0.55, 1.0) * np.array([1.0, 0.9, 1.0]), rng.uniform(0, 0.5))


def bushes(view: View, rng: np.random.Generator, fields: Fields, distance: Real, count: int, height: Real) -> None:
    """Bushes, hedges, tall weeds."""
    leaf = leaves(rng, fields)
    for far in sorted(distance * rng.uniform(0.85, 1.2, count), reverse=True):
        tall = height * rng.uniform(0.5, 1.3)
        middle = np.array([rng.uniform(-1.0, 1.0) * far, 0.4 * tall, far])
        crown(view, fields, leaf, middle, tall * np.array([rng.uniform(0.6, 1.6), 0.6, 0.8]))


def woods(view: View, rng: np.random.Generator, fields: Fields, distance: Real, height: Real, trunks: int = 0) -> None:
    """A wood all along the horizon, in three layers, the nearest darkest; with single trunks before it."""
    for layer in (1.9, 1.35, 1.0):
        far, tall = distance * layer, height * rng.uniform(0.75, 1.2)
        leaf = leaves(rng, fields)
        hit = plane(view, 2, far)
        shift = np.float32(rng.uniform(0, 90))
        u = hit.u + shift
        top = tall * (0.75 + 0.28 * fields.smooth(u, 0 * u, 4.5 * tall) + 0.22 * fields.rough(u, 0.6 * hit.v, 2.5 * tall))
        top = top + 0.06 * tall * (fields.grain(u, hit.v, hit.depth, 2.0) + fields.grain(u, hit.v, hit.depth, 5.0))
        inside = (hit.v < top) & (hit.v > -0.1)
        rows = np.flatnonzero(hit.mask.ravel())[inside]
        slope = 0.6 * fields.rough(u, hit.v, 0.8 * tall)[inside]
        normal = np.stack([slope, 0.15 + hit.v[inside] / tall + slope, np.full_like(slope, -0.8)], axis=1)
        lit = view.light.on(normal / np.linalg.norm(normal, axis=1, keepdims=True)) * (0.35 + 0.4 * layer)
        low = np.clip(0.35 + hit.v[inside] / (0.35 * tall), 0.35, 1)[:, None]
        view.colour.reshape(-1, 3)[rows] = leaf(u[inside], hit.v[inside], hit.depth[inside]) * lit * low
        view.depth.reshape(-1)[rows] = hit.depth[inside]
    bark = materials.gravel(fields, np.array([0.10, 0.08, 0.06], np.float32) * rng.uniform(0.4, 1.3), 0.3)
    for far in sorted(distance * rng.uniform(0.35, 1.1, trunks), reverse=True):
        thick = rng.uniform(0.12, 0.5)
        stand(view, (rng.uniform(-0.9, 0.9) * far, 0.0, far), (thick, rng.uniform(6, 14), thick), bark, rng.uniform(-0.6, 0.6))


def potted(view: View, rng: np.random.Generator, fields: Fields, x: Real, z: Real, height: Real) -> None:
    """A plant in a pot."""
    stand(view, (x - 0.16, 0.0, z - 0.16), (0.32, 0.3, 0.32), materials.paint(fields, np.full(3, rng.uniform(0.05, 0.5)), 0.1))
    leaf = materials.foliage(fields, _LEAF[0], _LIT[0] * 1.5)
    for _ in range(4):
        off = rng.uniform(-0.25, 0.25, 3) * height * [0.6, 1, 0]
        middle = np.array([x, 0.3 + 0.42 * height, z]) + off
        crown(view, fields, leaf, middle, np.array([0.2, 0.28, 0.2]) * height, 0.6)
