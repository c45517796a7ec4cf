"""The kinds of built-in places; those outdoors are here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8

from smpl_assets.render import scenery_materials as materials
from smpl_assets.render.interiors import court_lines, hall, room, wall_material
from smpl_assets.render.scenery import dapple, finish, haze, lay, new_view, sky, stand, tint, trees, wood
from smpl_assets.render.scenery_materials import Fields
from smpl_assets.render.scenery_view import View, plane

Image = UInt8[np.ndarray, "height width 3"]


def street(rng: np.random.Generator, height: int, width: int) -> Image:
    """A road between houses, with kerbs, parked cars and trees."""
    view, fields = new_view(rng, (height, width), (1.2, 1.8), (-10, 3))
    sky(view, rng, fields)
    asphalt, pavement = tint(rng, 0.12, 0.26, 0.04), tint(rng, 0.25, 0.45, 0.06)
    lay(view, 1, 0.0, materials.gravel(fields, asphalt, 0.16))
    edge = rng.uniform(3, 6)
    sun = np.array([rng.uniform(0.35, 1.5), 1.4, rng.uniform(0.3, 1.2)])
    if rng.random() < 0.5:
        dapple(view, rng, fields, rng.uniform(0.2, 0.75))
    slabs = materials.tiles(fields, pavement, pavement * 0.85, rng.uniform(0.3, 0.8), 7)
    for side in (-1, 1):
        stand(
            view, (side * edge if side > 0 else -edge - 4, 0.0, -2.0), (4.0, 0.12, 160.0), slabs, 0.0, np.array([0.7, 1.0, 0.8])
        )
        z = rng.uniform(2, 8)
        while z < 90:
            long, tall = rng.uniform(7, 18), rng.uniform(5, 18)
            wall = materials.facade(fields, wall_material(rng, fields), int(rng.integers(1 << 30)), rng)
            near = edge + 3.5 + rng.uniform(0, 1.5)
            stand(view, (near if side > 0 else -near - 10, 0.0, z), (10.0, tall, long), wall, 0.0, sun)
            z += long + (rng.uniform(0, 5) if rng.random() < 0.4 else 0)
    if rng.random() < 0.8:
        stand(
            view,
            (-25, 0.0, rng.uniform(35, 70)),
            (50, rng.uniform(6, 16), 6),
            materials.facade(fields, wall_material(rng, fields), 9, rng),
            0.0,
            sun,
        )
    trees(view, rng, fields, rng.uniform(12, 30), int(rng.integers(0, 5)), rng.uniform(5, 9))
    for _ in range(int(rng.integers(0, 5))):
        _car(view, rng, fields, rng.choice([-1, 1]) * (edge - 1.1), rng.uniform(6, 30), sun)
    haze(view, np.array([0.62, 0.68, 0.75]), rng.uniform(150, 500))
    return finish(view, rng, rng.uniform(3, 6), rng.uniform(0.4, 2.6), rng.uniform(0.18, 0.34))


def _car(view: View, rng: np.random.Generator, fields: Fields, x: float, z: float, sun: np.ndarray) -> None:
    body, glass = (
        materials.paint(fields, tint(rng, 0.02, 0.6, 0.5), 0.03),
        materials.paint(fields, np.array([0.04, 0.05, 0.06]), 0.4),
    )
    black = materials.paint(fields, np.full(3, 0.015), 0.2)
    stand(view, (x - 0.85, 0.3, z), (1.7, 0.5, 4.1), body, 0.0, sun)
    stand(view, (x - 0.72, 0.8, z + 0.7), (1.44, 0.5, 2.4), glass, 0.0, sun)
    stand(view, (x - 0.7, 1.28, z + 0.85), (1.4, 0.06, 2.0), body, 0.0, sun)
    for dx in (-0.87, 0.67):
        for dz in (0.5, 2.9):
            stand(view, (x + dx, 0.0, z + dz), (0.2, 0.6, 0.6), black, 0.0, np.ones(3))
    for dx in (-0.75, 0.45):
        stand(
            view,
            (x + dx, 0.55, z - 0.02),
            (0.3, 0.14, 0.02),
            materials.paint(fields, rng.choice([np.array([0.9, 0.9, 0.85]), np.array([0.6, 0.03, 0.02])]), 0.1),
            0.0,
            np.ones(3),
        )


def lawn(rng: np.random.Generator, height: int, width: int) -> Image:
    """A park, garden or pitch: grass, trees, perhaps a path, a fence or a house."""
    view, fields = new_view(rng, (height, width), (1.1, 1.8), (-14, 1))
    sky(view, rng, fields)
    green = np.array([0.10, 0.17, 0.035]) * rng.uniform(0.7, 1.5)
    lay(view, 1, 0.0, materials.grass(fields, green, np.array([0.24, 0.22, 0.08]) * rng.uniform(0.6, 1.2)))
    sun = np.array([rng.uniform(0.4, 1.4), 1.4, rng.uniform(0.35, 1.2)])
    dapple(view, rng, fields, rng.uniform(0, 0.8))
    if rng.random() < 0.4:
        at, wide = rng.uniform(2, 9), rng.uniform(0.6, 2.0)
        stand(
            view,
            (-60, 0.0, at),
            (120, 0.01, wide),
            materials.gravel(fields, tint(rng, 0.25, 0.5, 0.1), 0.2),
            rng.uniform(-0.2, 0.2),
            np.array([1, 1, 1]),
        )
    trees(view, rng, fields, rng.uniform(40, 70), int(rng.integers(18, 30)), rng.uniform(9, 16))
    if rng.random() < 0.35:
        house = materials.facade(fields, wall_material(rng, fields), 4, rng)
        stand(
            view,
            (rng.uniform(-20, 5), 0.0, rng.uniform(18, 35)),
            (rng.uniform(8, 20), rng.uniform(4, 9), 8),
            house,
            rng.uniform(-0.3, 0.3),
            sun,
        )
    trees(view, rng, fields, rng.uniform(10, 25), int(rng.integers(1, 7)), rng.uniform(4, 8))
    if rng.random() < 0.35:
        _fence(view, rng, fields, rng.uniform(6, 14), sun)
    haze(view, np.array([0.6, 0.68, 0.75]), rng.uniform(120, 400))
    return finish(view, rng, rng.uniform(2.5, 6), rng.uniform(0.5, 3.0), rng.uniform(0.16, 0.3))


def _fence(view: View, rng: np.random.Generator, fields: Fields, z: float, sun: np.ndarray) -> None:
    material, tall = materials.paint(fields, wood(rng), 0.2), rng.uniform(0.8, 1.6)
    for x in np.arange(-14, 14, rng.uniform(0.18, 1.6)):
        stand(view, (float(x), 0.0, z), (0.1, tall, 0.06), material, 0.0, sun)
    for y in (0.3, 0.85):
        stand(view, (-14, y * tall, z + 0.02), (28, 0.08, 0.04), material, 0.0, sun)


def beach(rng: np.random.Generator, height: int, width: int) -> Image:
    """Sand, water up to the horizon, sky."""
    view, fields = new_view(rng, (height, width), (1.2, 1.9), (-12, 0))
    sky(view, rng, fields)
    lay(view, 1, 0.0, materials.gravel(fields, np.array([0.48, 0.38, 0.25]) * rng.uniform(0.7, 1.2), 0.14))
    shore = rng.uniform(5, 14)
    hit = plane(view, 1, 1e-3)
    wave = 1.2 * fields.smooth(hit.u, hit.u * 0, 25.0)
    sea = hit.v + wave > shore
    rows = np.flatnonzero(hit.mask.ravel())[sea]
    ripple = fields.rough(hit.u * 0.4, hit.v * 2.2, 6.0, hit.depth)[sea] + 0.5 * fields.smooth(hit.u * 0.3, hit.v, 18.0)[sea]
    water = np.array([0.05, 0.14, 0.18]) * rng.uniform(0.7, 2.0) * np.clip(1 + 0.35 * ripple, 0.3, 2)[:, None]
    foam = (
        np.exp(-((hit.v + wave)[sea] - shore) / 0.8)[:, None]
        * np.clip(0.6 + 0.6 * fields.rough(hit.u, hit.v, 3.0)[sea], 0, 1)[:, None]
    )
    view.colour.reshape(-1, 3)[rows] = water * (1 - foam) + 0.85 * foam
    if rng.random() < 0.5:
        trees(view, rng, fields, rng.uniform(60, 90), int(rng.integers(5, 14)), 14)
    haze(view, np.array([0.65, 0.72, 0.8]), rng.uniform(200, 600))
    return finish(view, rng, rng.uniform(2.5, 6), rng.uniform(0.4, 2.0), rng.uniform(0.25, 0.42))


def court(rng: np.random.Generator, height: int, width: int) -> Image:
    """A sports court outdoors: coloured ground with lines, boards, fence, trees behind."""
    view, fields = new_view(rng, (height, width), (1.3, 2.2), (-15, -2))
    sky(view, rng, fields)
    ground = [np.array([0.06, 0.14, 0.26]), np.array([0.09, 0.2, 0.1]), np.array([0.36, 0.15, 0.08]), np.array([0.2, 0.2, 0.21])][
        rng.integers(4)
    ]
    lay(view, 1, 0.0, materials.gravel(fields, ground * rng.uniform(0.8, 1.5), 0.1))
    court_lines(view, rng, np.full(3, 0.8))
    dapple(view, rng, fields, rng.uniform(0, 0.7))
    trees(view, rng, fields, rng.uniform(25, 45), int(rng.integers(8, 20)), rng.uniform(7, 12))
    z = rng.uniform(9, 18)
    for x in np.arange(-20, 20, 2.0):
        stand(
            view,
            (float(x), 0.0, z),
            (1.98, rng.uniform(0.9, 1.0), 0.06),
            materials.paint(fields, tint(rng, 0.03, 0.6, 0.5), 0.05),
            0.0,
            np.array([0.8, 1.0, 0.9]),
        )
    for x in np.arange(-20, 20, 3.0):
        stand(
            view,
            (float(x), 0.0, z + 0.5),
            (0.07, 3.5, 0.07),
            materials.paint(fields, np.full(3, 0.2), 0.05),
            0.0,
            np.array([0.8, 1.0, 0.9]),
        )
    haze(view, np.array([0.6, 0.68, 0.75]), rng.uniform(150, 400))
    return finish(view, rng, rng.uniform(2.5, 6), rng.uniform(0.6, 3.0), rng.uniform(0.18, 0.32))


PLACES: dict[str, Callable[[np.random.Generator, int, int], Image]] = {
    "room": room,
    "street": street,
    "lawn": lawn,
    "hall": hall,
    "court": court,
    "beach": beach,
}
