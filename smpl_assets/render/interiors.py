"""Built-in places indoors: furnished rooms, halls."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

from smpl_assets.render import scenery_materials as materials
from smpl_assets.render.scenery import finish, lay, new_view, stand, tint, wood
from smpl_assets.render.scenery_materials import Fields, Material
from smpl_assets.render.scenery_view import View, plane

Image = UInt8[np.ndarray, "height width 3"]


def floor_material(rng: np.random.Generator, fields: Fields) -> Material:
    """Boards, tiles, carpet or lino, drawn at random."""
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


def wall_material(rng: np.random.Generator, fields: Fields) -> Material:
    """Paint, mostly; bricks, tiles or boards."""
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
    wall = wall_material(rng, fields)
    lay(view, 1, 0.0, floor_material(rng, fields), rng.uniform(0.8, 1.1))
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
    lay(view, 2, depth, wall_material(rng, fields), 0.9)
    lay(view, 0, -rng.uniform(5, 9), wall_material(rng, fields), 0.7)
    lay(view, 0, rng.uniform(5, 9), wall_material(rng, fields), 0.75)
    lay(view, 1, rng.uniform(4.5, 8), materials.planks(fields, tint(rng, 0.3, 0.6, 0.05), 1.2, 5), 0.8)
    court_lines(view, rng, tint(rng, 0.3, 0.8, 0.4))
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


def court_lines(view: View, rng: np.random.Generator, colour: np.ndarray) -> None:
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
