"""The kinds of built-in places."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8

from smpl_assets.render import scenery_materials as materials
from smpl_assets.render.scenery import dapple, finish, haze, lay, new_view, sky, stand, tint, trees, wood
from smpl_assets.render.scenery_materials import Fields, Material
from smpl_assets.render.scenery_view import View, plane

Image = UInt8[np.ndarray, "height width 3"]


def _floor(rng: np.random.Generator, fields: Fields) -> Material:
    kind = rng.integers(4)
    seed = int(rng.integers(1 << 30))
    if kind == 0:
        return materials.planks(fields, wood(rng), rng.uniform(0.08, 0.2), seed)
    if kind == 1:
        return materials.tiles(
            fields, tint(rng, 0.3, 0.75), tint(rng, 0.15, 0.7), rng.uniform(0.2, 0.6), seed, bool(rng.random() < 0.25)
        )
    if kind == 2:
        return materials.gravel(fields, tint(rng, 0.1, 0.45, 0.25), 0.12)
    return materials.paint(fields, tint(rng, 0.15, 0.5), 0.15)


def _wall(rng: np.random.Generator, fields: Fields) -> Material:
    kind, seed = rng.random(), int(rng.integers(1 << 30))
    if kind < 0.68:
        return materials.paint(fields, tint(rng, 0.3, 0.8, 0.1), 0.06)
    if kind < 0.8:
        return materials.bricks(fields, np.array([0.36, 0.16, 0.1]) * rng.uniform(0.7, 1.5), tint(rng, 0.3, 0.5), seed)
    if kind < 0.9:
        return materials.tiles(fields, tint(rng, 0.5, 0.8), tint(rng, 0.4, 0.8), rng.uniform(0.1, 0.3), seed)
    return materials.planks(fields, wood(rng), 0.12, seed)


def _window(view: View, rng: np.random.Generator, fields: Fields, wall_z: float) -> None:
    """A bright opening in the far wall, with a frame, and light that falls off around it."""
    x, y, w, h = rng.uniform(-3, 1.5), rng.uniform(0.8, 1.1), rng.uniform(0.9, 2.2), rng.uniform(1.0, 1.6)
    stand(
        view,
        (x - 0.07, y - 0.07, wall_z - 0.05),
        (w + 0.14, h + 0.14, 0.05),
        materials.paint(fields, tint(rng, 0.5, 0.85), 0.02),
        0,
        np.ones(3),
    )
    outside = (
        materials.foliage(fields, np.array([0.5, 0.6, 0.5]), np.array([1.5, 1.6, 1.6]))
        if rng.random() < 0.5
        else materials.paint(fields, np.full(3, 1.6), 0.1)
    )
    bars = int(rng.integers(1, 4))
    for k in range(bars):
        stand(view, (x + k * w / bars, y, wall_z - 0.06), (w / bars - 0.05, h, 0.01), outside, 0, np.ones(3))


def _furnish(view: View, rng: np.random.Generator, fields: Fields, wall_z: float, side: float) -> None:
    """Cupboards, sofas, tables and pictures along the walls."""
    sun = np.array([rng.uniform(0.45, 0.9), 1.15, rng.uniform(0.6, 1.0)])
    for _ in range(int(rng.integers(4, 9))):
        w, h, d = rng.uniform(0.4, 2.0), rng.uniform(0.35, 2.0) ** 1.2, rng.uniform(0.35, 0.7)
        x = rng.uniform(-side + 0.1, side - w)
        style = rng.random()
        colour = wood(rng) if style < 0.45 else tint(rng, 0.06, 0.7, 0.35)
        material = (
            materials.planks(fields, colour, rng.uniform(0.3, 0.6), int(rng.integers(1 << 30)))
            if style < 0.7
            else materials.paint(fields, colour, 0.15)
        )
        stand(view, (x, 0.0, wall_z - d), (w, h, d), material, 0.0, sun)
        if h < 1.0 and rng.random() < 0.7:
            for _ in range(int(rng.integers(1, 5))):
                s = rng.uniform(0.06, 0.25, 3)
                stand(
                    view,
                    (x + rng.uniform(0, w * 0.9), h, wall_z - d * rng.uniform(0.4, 0.9)),
                    (s[0], s[1], s[2] * 0.5),
                    materials.paint(fields, tint(rng, 0.03, 0.8, 0.5), 0.1),
                    rng.uniform(-0.6, 0.6),
                    sun,
                )
    for _ in range(int(rng.integers(0, 4))):
        w, h = rng.uniform(0.3, 1.1), rng.uniform(0.3, 0.8)
        x, y = rng.uniform(-side + 0.2, side - w), rng.uniform(1.3, 1.8)
        stand(
            view, (x, y, wall_z - 0.03), (w, h, 0.03), materials.paint(fields, tint(rng, 0.03, 0.5, 0.2), 0.02), 0.0, np.ones(3)
        )
        art = materials.foliage(fields, tint(rng, 0.05, 0.5, 0.5), tint(rng, 0.2, 0.8, 0.5))
        stand(view, (x + 0.04, y + 0.04, wall_z - 0.035), (w - 0.08, h - 0.08, 0.01), art, 0.0, np.ones(3))


def room(rng: np.random.Generator, height: int, width: int) -> Image:
    """A furnished room."""
    view, fields = new_view(rng, (height, width), (1.1, 1.7), (-18, 0))
    depth, side, ceiling = rng.uniform(3.2, 6.5), rng.uniform(2.2, 4.5), rng.uniform(2.4, 3.0)
    wall = _wall(rng, fields)
    lay(view, 1, 0.0, _floor(rng, fields), rng.uniform(0.8, 1.1))
    lay(view, 1, ceiling, materials.paint(fields, tint(rng, 0.6, 0.8, 0.04), 0.03), 0.8)
    lay(view, 2, depth, wall)
    lay(view, 0, -side, wall, rng.uniform(0.55, 0.95))
    lay(view, 0, side, wall, rng.uniform(0.55, 0.95))
    stand(
        view,
        (-side, 0.0, depth - 0.02),
        (2 * side, 0.1, 0.02),
        materials.paint(fields, tint(rng, 0.3, 0.8, 0.03), 0.02),
        0,
        np.ones(3),
    )
    if rng.random() < 0.65:
        _window(view, rng, fields, depth)
    _furnish(view, rng, fields, depth, side)
    _room_light(view, rng, depth, side, ceiling)
    return finish(view, rng, rng.uniform(1.5, 4), rng.uniform(0.3, 3.0), rng.uniform(0.14, 0.32))


def _room_light(view: View, rng: np.random.Generator, depth: float, side: float, ceiling: float) -> None:
    """Lamps and window light: brighter towards a point, darker in the corners."""
    lamp = np.array([rng.uniform(-side, side), rng.uniform(1.2, ceiling), rng.uniform(0.2, 1.0) * depth])
    point = view.rays * view.depth[..., None] + np.array([0, view.eye, 0], np.float32)
    far = np.linalg.norm(point - lamp, axis=2)
    warm = np.array([1.08, 1.0, 0.88]) ** rng.uniform(-0.3, 2.0)
    corner = np.minimum(
        np.minimum(side - np.abs(point[..., 0]), depth - point[..., 2]), np.minimum(point[..., 1], ceiling - point[..., 1]) + 0.2
    )
    ambient = 0.75 + 0.25 * np.clip(corner / 0.4, 0, 1)
    view.colour *= ((0.45 + 1.1 / (1 + (far / 1.8) ** 2)) * ambient)[..., None] * warm.astype(np.float32)


def hall(rng: np.random.Generator, height: int, width: int) -> Image:
    """A gymnasium or studio: a large floor with lines or mats, a plain far wall."""
    view, fields = new_view(rng, (height, width), (1.2, 2.0), (-16, -3))
    depth = rng.uniform(7, 16)
    floor = (
        materials.planks(fields, wood(rng) * 1.3, rng.uniform(0.06, 0.12), 3)
        if rng.random() < 0.6
        else materials.paint(fields, tint(rng, 0.1, 0.45, 0.25), 0.08)
    )
    lay(view, 1, 0.0, floor)
    lay(view, 2, depth, _wall(rng, fields), 0.9)
    lay(view, 0, -rng.uniform(5, 9), _wall(rng, fields), 0.7)
    lay(view, 0, rng.uniform(5, 9), _wall(rng, fields), 0.75)
    lay(view, 1, rng.uniform(4.5, 8), materials.planks(fields, tint(rng, 0.3, 0.6, 0.05), 1.2, 5), 0.8)
    _lines(view, rng, tint(rng, 0.3, 0.8, 0.4))
    for _ in range(int(rng.integers(4, 12))):
        s = (rng.uniform(0.5, 3.0), rng.uniform(0.2, 1.6), rng.uniform(0.4, 1.2))
        where = (rng.uniform(-6, 5), 0.0, depth - s[2] - rng.uniform(0, 2.5))
        stand(
            view,
            where,
            s,
            materials.paint(fields, tint(rng, 0.05, 0.6, 0.5), 0.1),
            rng.uniform(-0.2, 0.2),
            np.array([0.7, 1.1, 0.9]),
        )
    for k in range(int(rng.integers(0, 6))):
        stand(
            view,
            (-6 + 2.4 * k, 2.6, depth - 0.05),
            (1.8, 1.3, 0.05),
            materials.paint(fields, np.full(3, 1.3), 0.1),
            0,
            np.ones(3),
        )
    return finish(view, rng, rng.uniform(2, 5), rng.uniform(0.3, 2.2), rng.uniform(0.15, 0.3))


def _lines(view: View, rng: np.random.Generator, colour: np.ndarray) -> None:
    """Court lines on the floor."""
    hit = plane(view, 1, -1e-3)
    on = np.zeros(len(hit.u), bool)
    for _ in range(int(rng.integers(1, 4))):
        x, z, r = rng.uniform(-3, 3), rng.uniform(3, 9), rng.uniform(1.5, 4)
        half = 0.03 + hit.depth / 900
        kind = rng.integers(3)
        if kind == 0:
            on |= np.abs(hit.u - x) < half
        elif kind == 1:
            on |= np.abs(hit.v - z) < half
        else:
            on |= np.abs(np.hypot(hit.u - x, hit.v - z) - r) < half
    floor = np.abs(view.depth[hit.mask] - hit.depth) < 0.02 * hit.depth
    rows = np.flatnonzero(hit.mask.ravel())[on & floor]
    view.colour.reshape(-1, 3)[rows] = 0.75 * np.asarray(colour, np.float32) + 0.25 * view.colour.reshape(-1, 3)[rows]


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
            wall = materials.facade(fields, _wall(rng, fields), int(rng.integers(1 << 30)), rng)
            near = edge + 3.5 + rng.uniform(0, 1.5)
            stand(view, (near if side > 0 else -near - 10, 0.0, z), (10.0, tall, long), wall, 0.0, sun)
            z += long + (rng.uniform(0, 5) if rng.random() < 0.4 else 0)
    if rng.random() < 0.8:
        stand(
            view,
            (-25, 0.0, rng.uniform(35, 70)),
            (50, rng.uniform(6, 16), 6),
            materials.facade(fields, _wall(rng, fields), 9, rng),
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
        house = materials.facade(fields, _wall(rng, fields), 4, rng)
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
    _lines(view, rng, np.full(3, 0.8))
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
