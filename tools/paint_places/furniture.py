"""What stands and hangs in the built-in rooms: windows, shelves, sofas, tables, pictures, lamps, plants."""

from __future__ import annotations

import numpy as np

from tools.paint_places import materials
from tools.paint_places.goods import curtain, picture, rug, shelves
from tools.paint_places.noise import Fields
from tools.paint_places.plants import potted
from tools.paint_places.scenery import stand, tint, wood
from tools.paint_places.view import Real, View, floor


def window(view: View, rng: np.random.Generator, fields: Fields, wall_z: Real) -> None:
    """A bright opening in the far wall, with a frame and perhaps curtains, and its light on the floor."""
    x, y, w, h = rng.uniform(-2.5, 1.2), rng.uniform(0.3, 1.1), rng.uniform(0.8, 2.4), rng.uniform(1.0, 1.7)
    frame = materials.paint(fields, tint(rng, 0.4, 0.85, 0.05), 0.05)
    stand(view, (x - 0.07, y - 0.07, wall_z - 0.05), (w + 0.14, h + 0.14, 0.05), frame)
    bright = rng.uniform(1.5, 5)
    if rng.random() < 0.5:
        outside = materials.foliage(fields, np.array([0.25, 0.3, 0.2]) * bright, np.array([0.8, 0.9, 0.8]) * bright)
    else:
        outside = materials.paint(fields, np.array([0.95, 1.0, 1.08]) * bright, 0.1)
    bars = int(rng.integers(1, 4))
    for k in range(bars):
        stand(view, (x + k * w / bars, y, wall_z - 0.06), (w / bars - 0.05, h, 0.01), outside, 0.0, 0.8)
    if rng.random() < 0.6:
        cloth = curtain(fields, tint(rng, 0.1, 0.8, 0.3), rng.uniform(0.1, 0.2))
        for side in (x - 0.35, x + w - 0.2):
            stand(view, (side, 0.1, wall_z - 0.12), (rng.uniform(0.4, 0.7), y + h + 0.1, 0.04), cloth)
    _sunlight(view, rng, (x, y, w, h), wall_z)


def _sunlight(view: View, rng: np.random.Generator, opening: tuple[Real, ...], wall_z: Real) -> None:
    """The sun through an opening (x, y, width, height) of the far wall, on the floor."""
    if rng.random() < 0.45:
        return
    x, y, w, h = opening
    rise, drift = rng.uniform(0.35, 1.0), rng.uniform(-0.6, 0.6)
    hit = floor(view)
    reach = wall_z - hit.v
    up, across = rise * reach - y, hit.u + drift * reach - x
    soft = 0.03 + 0.03 * reach
    share = np.clip(np.minimum(up, h - up) / soft, 0, 1) * np.clip(np.minimum(across, w - across) / soft, 0, 1)
    view.colour[hit.mask] *= (1 + rng.uniform(0.8, 3) * share[:, None] * np.array([1.05, 1.0, 0.85])).astype(np.float32)


def furnish(view: View, rng: np.random.Generator, fields: Fields, wall_z: Real, side: Real) -> None:
    """Things along the far wall, smaller things on them, pictures above, something nearer at the sides."""
    if rng.random() < 0.35:
        w, d = rng.uniform(1.2, 2.6), rng.uniform(0.9, 1.6)
        stand(
            view,
            (rng.uniform(-1.5, 0.5), 0.0, wall_z - 1 - d),
            (w, 0.012, d),
            rug(fields, int(rng.integers(99)), w),
            rng.uniform(-0.2, 0.2),
        )
    _pictures(view, rng, fields, wall_z, side)
    x = -side + rng.uniform(0, 0.5)
    while x < side - 0.5:
        x += _piece(view, rng, fields, x, wall_z) + rng.uniform(0.02, 0.9)
    for _ in range(int(rng.integers(0, 3))):
        beside = rng.choice([-1, 1]) * side * rng.uniform(0.6, 0.95)
        if rng.random() < 0.5:
            table(view, rng, fields, float(beside), wall_z * rng.uniform(0.5, 0.8))
        else:
            potted(view, rng, fields, float(beside), wall_z * rng.uniform(0.6, 0.9), rng.uniform(0.5, 1.5))


def _piece(view: View, rng: np.random.Generator, fields: Fields, x: Real, wall_z: Real) -> float:
    """One piece of furniture against the wall; its width."""
    kind, seed = rng.random(), int(rng.integers(1 << 20))
    if kind < 0.3:
        w, h = rng.uniform(0.8, 2.4), rng.uniform(0.9, 2.2)
        thing = (rng.uniform(0.025, 0.06), rng.uniform(0.2, 0.28)) if rng.random() < 0.6 else (rng.uniform(0.08, 0.3), 0.2)
        stand(view, (x, 0.0, wall_z - 0.3), (w, h, 0.3), shelves(fields, wood(rng), rng.uniform(0.3, 0.4), thing, seed))
    elif kind < 0.5:
        w, h = _sofa(view, rng, fields, x, wall_z)
    elif kind < 0.62:
        w, h = rng.uniform(0.8, 0.95), 2.05
        door = materials.paint(fields, tint(rng, 0.2, 0.8, 0.1), 0.06)
        stand(
            view,
            (x - 0.06, 0.0, wall_z - 0.04),
            (w + 0.12, h + 0.06, 0.04),
            materials.paint(fields, tint(rng, 0.3, 0.8, 0.05), 0.05),
        )
        stand(view, (x, 0.0, wall_z - 0.05), (w, h, 0.02), door)
        stand(view, (x + 0.08, 1.0, wall_z - 0.09), (0.12, 0.03, 0.04), materials.paint(fields, np.full(3, 0.3), 0.1))
    else:
        w, h = rng.uniform(0.5, 1.8), rng.uniform(0.4, 2.1)
        colour = wood(rng) if rng.random() < 0.6 else tint(rng, 0.08, 0.75, 0.25)
        stand(view, (x, 0.0, wall_z - 0.5), (w, h, 0.5), materials.planks(fields, colour, rng.uniform(0.3, 0.6), seed))
        for k in range(int(h / 0.35)):
            stand(
                view,
                (x + 0.01, 0.34 * k + 0.32, wall_z - 0.502),
                (w - 0.02, 0.012, 0.01),
                materials.paint(fields, colour * 0.15, 0.0),
            )
    if 0.3 < h < 1.3:
        things(view, rng, fields, (x, w), h, wall_z - 0.35)
    return float(w)


def _sofa(view: View, rng: np.random.Generator, fields: Fields, x: Real, wall_z: Real) -> tuple[float, float]:
    w, cloth = rng.uniform(1.2, 2.2), materials.gravel(fields, tint(rng, 0.05, 0.45, 0.35), 0.12)
    stand(view, (x, 0.0, wall_z - 0.85), (w, 0.42, 0.85), cloth)
    stand(view, (x, 0.3, wall_z - 0.25), (w, 0.5, 0.22), cloth)
    for side in (x, x + w - 0.2):
        stand(view, (side, 0.0, wall_z - 0.86), (0.2, 0.62, 0.85), cloth)
    for _ in range(int(rng.integers(1, 5))):
        pillow = materials.gravel(fields, tint(rng, 0.05, 0.7, 0.6), 0.15)
        stand(view, (x + rng.uniform(0.2, w - 0.6), 0.42, wall_z - 0.42), (0.4, 0.36, 0.12), pillow, rng.uniform(-0.4, 0.4))
    return w, 0.2


def things(view: View, rng: np.random.Generator, fields: Fields, along: tuple[Real, Real], height: Real, z: Real) -> None:
    """Small things on a surface: boxes, bottles, papers, a lamp."""
    x, w = along
    for _ in range(int(rng.integers(2, 9))):
        size = rng.uniform(0.04, 0.22, 3) * [1, rng.choice([0.2, 1, 1.6]), 1]
        colour = materials.paint(fields, tint(rng, 0.03, 0.8, 0.6), 0.15)
        stand(
            view, (x + rng.uniform(0, 0.9 * w), height, z + rng.uniform(-0.1, 0.1)), tuple(size), colour, rng.uniform(-0.7, 0.7)
        )
    if rng.random() < 0.3:
        at = x + rng.uniform(0.1, 0.8) * w
        shine = materials.paint(fields, np.array([1.0, 0.8, 0.5]) * rng.uniform(2, 5), 0.05)
        stand(view, (at + 0.09, height, z), (0.03, 0.25, 0.03), materials.paint(fields, np.full(3, 0.1), 0.0))
        stand(view, (at, height + 0.22, z - 0.08), (0.22, 0.2, 0.2), shine, 0.3, 0.9)


def table(view: View, rng: np.random.Generator, fields: Fields, x: Real, z: Real) -> None:
    """A table with things on it and a chair or two."""
    w, d, h, turn = rng.uniform(0.6, 1.6), rng.uniform(0.5, 0.9), rng.uniform(0.45, 0.76), rng.uniform(-0.4, 0.4)
    material = (
        materials.planks(fields, wood(rng), 0.2, 8) if rng.random() < 0.7 else materials.paint(fields, tint(rng, 0.1, 0.8), 0.1)
    )
    for dx in (-0.45, 0.42):
        for dz in (-0.4, 0.4):
            stand(view, (x + dx * w, 0.0, z + dz * d), (0.05, h, 0.05), material)
    stand(view, (x - w / 2, h, z - d / 2), (w, 0.035, d), material, turn)
    things(view, rng, fields, (x - 0.35 * w, 0.7 * w), h + 0.035, z)
    for _ in range(int(rng.integers(0, 3))):
        cx, cz = x + rng.uniform(-1, 1) * w, z + rng.choice([-1, 1]) * (d / 2 + 0.3)
        seat = materials.planks(fields, wood(rng), 0.3, 8)
        for dx in (0, 0.36):
            for dz in (0, 0.36):
                stand(view, (cx + dx, 0.0, cz + dz), (0.035, 0.86 if dz else 0.44, 0.035), seat)
        stand(view, (cx, 0.43, cz), (0.4, 0.04, 0.4), seat)
        stand(view, (cx, 0.62, cz + 0.36), (0.4, 0.22, 0.02), seat)


def _pictures(view: View, rng: np.random.Generator, fields: Fields, wall_z: Real, side: Real) -> None:
    for k in range(int(rng.integers(1, 7))):
        w, h, front = rng.uniform(0.2, 1.1), rng.uniform(0.2, 0.8), wall_z - 0.015 * (k + 2)
        x, y = rng.uniform(-side + 0.2, side - w), rng.uniform(1.15, 1.9)
        stand(view, (x, y, front), (w, h, 0.014), materials.paint(fields, tint(rng, 0.02, 0.6, 0.2), 0.02))
        rim = rng.choice([0.02, 0.05])
        art = picture(fields, int(rng.integers(1 << 20)))
        stand(view, (x + rim, y + rim, front - 0.001), (w - 2 * rim, h - 2 * rim, 0.01), art)
