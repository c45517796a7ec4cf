"""Built-in places indoors: furnished rooms, halls, shops, studios."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

from tools.paint_places import materials
from tools.paint_places.furniture import furnish, things, window
from tools.paint_places.goods import curtain, shelves
from tools.paint_places.lens import finish
from tools.paint_places.light import indoors, mirror
from tools.paint_places.materials import Material
from tools.paint_places.noise import Fields
from tools.paint_places.scenery import lay, new_view, stand, tint, wood
from tools.paint_places.view import Real, View, plane

Image = UInt8[np.ndarray, "height width 3"]


def floor_material(rng: np.random.Generator, fields: Fields) -> Material:
    """Boards, tiles, carpet or lino, drawn at random."""
    kind, seed = rng.integers(5), int(rng.integers(1 << 30))
    if kind <= 1:
        return materials.planks(fields, wood(rng), rng.uniform(0.06, 0.2), seed)
    if kind == 2:
        checker = bool(rng.random() < 0.25)
        return materials.tiles(fields, tint(rng, 0.2, 0.7), tint(rng, 0.1, 0.6), rng.uniform(0.2, 0.6), seed, checker)
    if kind == 3:
        return materials.gravel(fields, tint(rng, 0.06, 0.4, 0.25), 0.16)
    return materials.paint(fields, tint(rng, 0.12, 0.5), 0.2)


def wall_material(rng: np.random.Generator, fields: Fields) -> Material:
    """Paint, mostly; bricks, tiles or boards."""
    kind, seed = rng.random(), int(rng.integers(1 << 30))
    if kind < 0.62:
        return materials.paint(fields, tint(rng, 0.2, 0.8, 0.2), 0.07)
    if kind < 0.8:
        return materials.bricks(fields, np.array([0.30, 0.13, 0.085]) * rng.uniform(0.5, 1.5), tint(rng, 0.2, 0.4), seed)
    if kind < 0.9:
        return materials.tiles(fields, tint(rng, 0.4, 0.8), tint(rng, 0.3, 0.8), rng.uniform(0.1, 0.3), seed)
    return materials.planks(fields, wood(rng), 0.12, seed)


def _shell(view: View, rng: np.random.Generator, fields: Fields, size: tuple[Real, Real, Real]) -> None:
    """Floor, ceiling and walls of a room: depth, half width, height."""
    depth, side, ceiling = size
    wall = wall_material(rng, fields)
    lay(view, 1, 0.0, floor_material(rng, fields))
    lay(view, 1, ceiling, materials.paint(fields, tint(rng, 0.55, 0.8, 0.04), 0.03))
    for axis, at in ((2, depth), (0, -side), (0, side)):
        lay(view, axis, at, wall)
    skirting = materials.paint(fields, tint(rng, 0.2, 0.8, 0.03), 0.02)
    stand(view, (-side, 0.0, depth - 0.02), (2 * side, 0.1, 0.02), skirting)


def room(rng: np.random.Generator, height: int, width: int) -> Image:
    """A furnished room."""
    view, fields = new_view(rng, (height, width), (1.1, 1.7), (-18, -2))
    view.light = indoors(rng)
    size = (rng.uniform(3.4, 6.5), rng.uniform(2.0, 4.0), rng.uniform(2.4, 3.0))
    _shell(view, rng, fields, size)
    if rng.random() < 0.65:
        window(view, rng, fields, size[0])
    furnish(view, rng, fields, size[0], size[1])
    _room_light(view, rng, *size)
    if rng.random() < 0.5:
        mirror(view, rng.uniform(0.15, 0.6), size[0], rng.uniform(2, 5))
    return finish(view, rng, rng.uniform(2, 3.5), rng.uniform(0.3, 7.0), rng.uniform(0.13, 0.28))


def _room_light(view: View, rng: np.random.Generator, depth: Real, side: Real, ceiling: Real) -> None:
    """Lamps: brighter towards a point or two, darker in the corners, warm or cold."""
    point = view.rays * view.depth[..., None] + np.array([0, view.eye, 0], np.float32)
    total = np.full(view.depth.shape, rng.uniform(0.2, 0.5), np.float32)
    for _ in range(int(rng.integers(1, 4))):
        lamp = np.array([rng.uniform(-side, side), rng.uniform(1.2, ceiling), rng.uniform(0.0, 1.0) * depth])
        far = np.linalg.norm(point - lamp, axis=2)
        total += np.float32(rng.uniform(0.4, 1.2)) / (1 + (far / rng.uniform(1, 2.2)) ** 2)
    walls = np.minimum(side - np.abs(point[..., 0]), depth - point[..., 2])
    corner = np.minimum(walls, np.minimum(point[..., 1], ceiling - point[..., 1]) + 0.1)
    ambient = 0.6 + 0.4 * np.clip(np.sqrt(np.clip(corner, 0, 1) / 0.6), 0, 1)
    warm = np.array([1.1, 1.0, 0.8]) ** rng.uniform(-0.5, 2.5)
    bright = np.clip(view.colour.max(axis=2) - 1, 0, 1)  # lamps and windows do not darken in a corner
    view.colour *= (total * ambient * (1 - bright) + bright)[..., None] * warm.astype(np.float32)


def hall(rng: np.random.Generator, height: int, width: int) -> Image:
    """A gymnasium or sports hall: a large polished floor with lines or mats, windows or lamps, things along the walls."""
    view, fields = new_view(rng, (height, width), (1.2, 2.0), (-16, -3))
    view.light = indoors(rng)
    depth = rng.uniform(7, 16)
    boards = rng.random() < 0.65
    plain = materials.paint(fields, tint(rng, 0.1, 0.45, 0.3), 0.12)
    lay(view, 1, 0.0, materials.planks(fields, wood(rng) * 1.2, rng.uniform(0.06, 0.12), 3) if boards else plain)
    lay(view, 2, depth, wall_material(rng, fields))
    for side in (-1, 1):
        lay(view, 0, side * rng.uniform(5, 9), wall_material(rng, fields))
    lay(view, 1, rng.uniform(4.5, 8), materials.planks(fields, tint(rng, 0.2, 0.5, 0.05), 1.2, 5))
    court_lines(view, rng, tint(rng, 0.1, 0.8, 0.5))
    _gear(view, rng, fields, depth)
    _room_light(view, rng, depth, 9, 8)
    mirror(view, rng.uniform(0.3, 1.1), depth, rng.uniform(1.5, 5))
    return finish(view, rng, rng.uniform(2.5, 5), rng.uniform(0.3, 7), rng.uniform(0.13, 0.27))


def _gear(view: View, rng: np.random.Generator, fields: Fields, depth: Real) -> None:
    """Mats, benches, wall bars, windows, padding, doors of a hall."""
    if rng.random() < 0.4:
        padding = materials.planks(fields, tint(rng, 0.05, 0.4, 0.6), 1.0, 3)
        stand(view, (-9, 0.0, depth - 0.1), (18, 1.8, 0.1), padding)
    if rng.random() < 0.4:
        x = rng.uniform(-5, 2)
        for k in range(14):
            stand(
                view,
                (x, 0.15 + 0.17 * k, depth - 0.18),
                (3.6, 0.045, 0.04),
                materials.paint(fields, np.array([0.4, 0.25, 0.13]), 0.1),
            )
    for k in range(int(rng.integers(0, 7))):
        glow = materials.paint(fields, np.array([0.95, 1.0, 1.05]) * rng.uniform(1.5, 4), 0.1)
        stand(view, (-6.5 + 2.2 * k, 2.6, depth - 0.05), (1.8, 1.3, 0.05), glow, 0.0, 0.9)
    for _ in range(int(rng.integers(4, 14))):
        size = (rng.uniform(0.3, 2.2), rng.uniform(0.1, 1.0), rng.uniform(0.3, 1.0))
        where = (rng.uniform(-6, 5), 0.0, depth - size[2] - rng.uniform(0.1, 2.5))
        colour = tint(rng, 0.03, 0.5, 0.35)
        look = materials.planks(fields, wood(rng), 0.15, 6) if rng.random() < 0.35 else materials.gravel(fields, colour, 0.12)
        stand(view, where, size, look, rng.uniform(-0.3, 0.3))
        if size[1] < 0.9:
            things(view, rng, fields, (where[0], size[0]), size[1], where[2] + 0.3)


def shop(rng: np.random.Generator, height: int, width: int) -> Image:
    """A shop, library or store room: shelves full of goods on all sides, lamps in rows."""
    view, fields = new_view(rng, (height, width), (1.2, 1.7), (-14, -1))
    view.light = indoors(rng)
    size = (rng.uniform(4.5, 14), rng.uniform(1.6, 3.5), rng.uniform(2.6, 3.8))
    _shell(view, rng, fields, size)
    depth, side, ceiling = size
    thing = [(0.035, 0.26), (0.09, 0.24), (0.2, 0.3), (0.07, 0.3)][rng.integers(4)]
    strength, tall = rng.uniform(0.5, 1.3), rng.uniform(1.6, 2.4)
    for where, extent in (
        ((-side, 0.0, 1.5), (0.45, tall, depth - 1.5)),
        ((side - 0.45, 0.0, 1.5), (0.45, tall, depth - 1.5)),
        ((-side, 0.0, depth - 0.45), (2 * side, tall, 0.45)),
    ):
        goods = shelves(fields, wood(rng), rng.uniform(0.33, 0.42), thing, int(rng.integers(1 << 20)), strength)
        stand(view, where, extent, goods)
    for z in np.arange(2.0, depth, 1.7):
        tube = materials.paint(fields, np.full(3, rng.uniform(2, 5)), 0.0)
        stand(view, (-0.6, ceiling - 0.08, float(z)), (1.2, 0.06, 0.15), tube, 0.0, 1.0)
    furnish(view, rng, fields, depth - 0.6, 0.4 * side)
    _room_light(view, rng, *size)
    mirror(view, rng.uniform(0.1, 0.8), depth, rng.uniform(2, 6))
    return finish(view, rng, rng.uniform(2, 3.5), rng.uniform(1.0, 9), rng.uniform(0.12, 0.25))


def studio(rng: np.random.Generator, height: int, width: int) -> Image:
    """A stage or photographer's studio: seamless paper or curtains, one pool of light."""
    view, fields = new_view(rng, (height, width), (1.1, 1.6), (-12, -1))
    view.light = indoors(rng)
    depth, side, ceiling = rng.uniform(4, 8), rng.uniform(3.5, 6), 5.0
    colour = tint(rng, 0.02, 0.75, 0.35 if rng.random() < 0.35 else 0.05)
    folds = rng.random() < 0.45
    ground = floor_material(rng, fields) if folds or rng.random() < 0.5 else materials.paint(fields, colour * 0.9, 0.07)
    behind = curtain(fields, colour, rng.uniform(0.12, 0.3)) if folds else materials.paint(fields, colour, 0.09)
    lay(view, 1, 0.0, ground)
    lay(view, 2, depth, behind)
    for at in (-side, side):
        lay(view, 0, at, behind)
    lay(view, 1, ceiling, materials.paint(fields, np.full(3, 0.05), 0.1))
    if rng.random() < 0.6:
        _gear(view, rng, fields, depth)
    _room_light(view, rng, depth, side, ceiling)
    mirror(view, rng.uniform(0.0, 0.5), depth, 5)
    return finish(view, rng, rng.uniform(2.5, 4), rng.uniform(1, 7), rng.uniform(0.08, 0.28))


def court_lines(view: View, rng: np.random.Generator, colour: np.ndarray) -> None:
    """Court lines on the floor."""
    hit = plane(view, 1, -1e-3)
    on = np.zeros(len(hit.u), bool)
    for _ in range(int(rng.integers(1, 4))):
        x, z, r = rng.uniform(-3, 3), rng.uniform(3, 9), rng.uniform(1.5, 4)
        half = 0.025 + hit.depth / 900
        kind = rng.integers(3)
        if kind == 0:
            on |= np.abs(hit.u - x) < half
        elif kind == 1:
            on |= np.abs(hit.v - z) < half
        else:
            on |= np.abs(np.hypot(hit.u - x, hit.v - z) - r) < half
    floor = np.abs(view.depth[hit.mask] - hit.depth) < 0.02 * hit.depth
    rows = np.flatnonzero(hit.mask.ravel())[on & floor]
    lit = view.light.on(np.array([0.0, 1.0, 0.0])) * 0.75
    view.colour.reshape(-1, 3)[rows] = lit * np.asarray(colour, np.float32) + 0.25 * view.colour.reshape(-1, 3)[rows]
