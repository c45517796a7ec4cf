"""Built-in places in town: streets by day and by night, yards and car parks."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

from tools.paint_places import materials
from tools.paint_places.goods import facade
from tools.paint_places.interiors import wall_material
from tools.paint_places.lens import aperture, finish
from tools.paint_places.light import dapple, daylight, unseen
from tools.paint_places.noise import Fields
from tools.paint_places.plants import bushes, potted, trees
from tools.paint_places.scenery import haze, lay, new_view, sky, stand, tint, wood
from tools.paint_places.view import Light, Real, View, floor

Image = UInt8[np.ndarray, "height width 3"]


def street(rng: np.random.Generator, height: int, width: int) -> Image:
    """A road between houses and shops, with kerbs, signs, parked cars and trees."""
    view, fields = new_view(rng, (height, width), (1.2, 1.8), (-14, 1))
    view.light = daylight(rng)
    sky(view, rng, fields)
    _road(view, rng, fields)
    edge = rng.uniform(2.5, 5)
    _houses(view, rng, fields, edge)
    if rng.random() < 0.6:
        trees(view, rng, fields, rng.uniform(10, 26), int(rng.integers(1, 5)), rng.uniform(4, 8))
    _furniture(view, rng, fields, edge)
    for _ in range(int(rng.integers(1, 7))):
        car(view, rng, fields, rng.choice([-1, 1]) * (edge - rng.uniform(0.2, 1.1)), rng.uniform(5, 30))
    unseen(view, rng)
    if rng.random() < 0.4:
        dapple(view, rng, fields, rng.uniform(0.4, 1.0))
    haze(view, np.array([0.75, 0.8, 0.87]), rng.uniform(250, 900))
    return finish(view, rng, rng.uniform(3, 5), aperture(rng), rng.uniform(0.15, 0.3))


def _road(view: View, rng: np.random.Generator, fields: Fields) -> None:
    seed = int(rng.integers(1 << 30))
    kind = rng.random()
    if kind < 0.55:
        ground = materials.asphalt(fields, tint(rng, 0.10, 0.24, 0.02), seed)
    elif kind < 0.8:
        ground = materials.tiles(fields, tint(rng, 0.2, 0.4, 0.06), tint(rng, 0.15, 0.3, 0.06), rng.uniform(0.12, 0.5), seed)
    else:
        ground = materials.bricks(fields, tint(rng, 0.14, 0.3, 0.15), np.full(3, 0.16), seed, (0.22, 0.11))
    lay(view, 1, 0.0, ground)
    if rng.random() < 0.5:
        hit = floor(view)
        x, worn = rng.uniform(-2, 2), fields.rough(hit.u, hit.v, 1.5) > -0.55
        dashed = (np.mod(hit.v, 4) < 2.2) | (rng.random() < 0.4)
        on = (np.abs(hit.u - x) < 0.07 + hit.depth / 900) & worn & dashed
        rows = np.flatnonzero(hit.mask.ravel())[on]
        view.colour.reshape(-1, 3)[rows] = 0.25 * view.colour.reshape(-1, 3)[rows] + 0.5 * view.light.on(np.array([0.0, 1, 0]))


def _houses(view: View, rng: np.random.Generator, fields: Fields, edge: Real) -> None:
    pavement = tint(rng, 0.22, 0.45, 0.06)
    slabs = materials.tiles(fields, pavement, pavement * 0.8, rng.uniform(0.3, 0.8), 7)
    for side in (-1, 1):
        stand(view, (edge if side > 0 else -edge - 4, 0.0, -2.0), (4.0, 0.12, 160.0), slabs)
        z = rng.uniform(-4, 6)
        while z < 80:
            long, tall = rng.uniform(6, 16), rng.uniform(4, 17)
            wall = facade(fields, wall_material(rng, fields), int(rng.integers(1 << 30)), rng)
            near = edge + 2.5 + rng.uniform(0, 1.8)
            stand(view, (near if side > 0 else -near - 10, 0.0, z), (10.0, tall, long), wall)
            z += long + (rng.uniform(0, 7) if rng.random() < 0.35 else 0)
    if rng.random() < 0.75:
        end = facade(fields, wall_material(rng, fields), 9, rng)
        stand(view, (-25, 0.0, rng.uniform(18, 60)), (50, rng.uniform(5, 16), 6), end, rng.uniform(-0.3, 0.3))


def _furniture(view: View, rng: np.random.Generator, fields: Fields, edge: Real) -> None:
    """Poles, signs, bins, boxes, bollards, plants along the kerbs."""
    for _ in range(int(rng.integers(4, 12))):
        x, z = rng.choice([-1, 1]) * (edge + rng.uniform(0.2, 1.8)), rng.uniform(4.5, 25)
        kind, colour = rng.integers(5), materials.paint(fields, tint(rng, 0.02, 0.5, 0.6), 0.2)
        if kind == 0:
            stand(view, (x, 0.12, z), (0.08, rng.uniform(2.2, 5), 0.08), materials.paint(fields, np.full(3, 0.1), 0.1))
            stand(view, (x - 0.2, 2.0, z - 0.02), (0.5, rng.uniform(0.3, 0.7), 0.03), colour)
        elif kind == 1:
            stand(view, (x, 0.12, z), (0.5, rng.uniform(0.7, 1.2), 0.5), colour, rng.uniform(-0.5, 0.5))
        elif kind == 2:
            for k in range(4):
                stand(view, (x, 0.12, z + 1.5 * k), (0.1, 0.8, 0.1), materials.paint(fields, np.full(3, 0.07), 0.1))
        elif kind == 3:
            potted(view, rng, fields, float(x), z, rng.uniform(0.6, 1.6))
        else:
            stand(view, (x, 0.12, z), (0.9, 1.5, 0.06), colour, rng.uniform(-1, 1))


def car(view: View, rng: np.random.Generator, fields: Fields, x: Real, z: Real) -> None:
    """A parked car seen from behind or before: body, windows, roof, wheels, lamps, plate."""
    lacquer = tint(rng, 0.02, 0.6, 0.4) if rng.random() < 0.4 else np.full(3, rng.choice([0.02, 0.12, 0.35, 0.75]))
    body, glass = materials.paint(fields, lacquer, 0.15), materials.paint(fields, np.array([0.03, 0.04, 0.05]), 0.8)
    black, tall = materials.paint(fields, np.full(3, 0.012), 0.2), rng.uniform(0.9, 1.25)
    stand(view, (x - 0.82, 0.25, z), (1.64, 0.3 * tall, 4.1), body)
    stand(view, (x - 0.86, 0.25 + 0.28 * tall, z + 0.06), (1.72, 0.32 * tall, 4.0), body)
    roof = 0.25 + 0.6 * tall
    for k in range(8):
        inset, low = 0.03 * (k + 1), (x - 0.84 + 0.03 * (k + 1), roof + 0.05 * k * tall, z + 0.25 + 0.075 * (k + 1))
        stand(view, low, (1.68 - 2 * inset, 0.05 * tall, 3 - 5.5 * inset), glass)
    stand(view, (x - 0.6, roof + 0.4 * tall, z + 0.95), (1.2, 0.05, 1.6), body)
    for dx in (-0.87, 0.67):
        for dz in (0.5, 2.9):
            stand(view, (x + dx, 0.0, z + dz), (0.2, 0.6, 0.6), black)
    lamp = materials.paint(fields, [np.array([0.9, 0.9, 0.85]), np.array([0.6, 0.03, 0.02])][rng.integers(2)], 0.1)
    for dx in (-0.8, 0.5):
        stand(view, (x + dx, 0.3 + 0.3 * tall, z + 0.03), (0.3, 0.13, 0.02), lamp)
    stand(view, (x - 0.25, 0.4, z - 0.02), (0.5, 0.12, 0.02), materials.paint(fields, np.full(3, 0.65), 0.1))


def night(rng: np.random.Generator, height: int, width: int) -> Image:
    """A street or square after dark: shop windows, lamps and headlights, mostly out of focus."""
    view, fields = new_view(rng, (height, width), (1.2, 1.8), (-12, 1))
    warm = np.array([1.0, 0.72, 0.42]) if rng.random() < 0.6 else np.array([0.9, 0.95, 1.0])
    view.light = Light(sky=0.22 * warm, bounce=0.16 * warm)
    view.colour[:] = np.array([0.012, 0.014, 0.024]) * rng.uniform(0.5, 3)
    _road(view, rng, fields)
    edge = rng.uniform(2.5, 6)
    _houses(view, rng, fields, edge)
    for _ in range(int(rng.integers(0, 4))):
        car(view, rng, fields, rng.choice([-1, 1]) * (edge - 0.6), rng.uniform(7, 25))
    _pool(view, rng, warm)
    for _ in range(int(rng.integers(40, 120))):
        z = rng.uniform(7, 60)
        x, y, s = rng.uniform(-0.8, 0.8) * z, rng.uniform(0.3, 0.8 + 0.2 * z), rng.uniform(0.04, 0.16)
        hue = warm if rng.random() < 0.6 else np.clip(0.5 + 0.7 * rng.standard_normal(3), 0.05, 1.3)
        shine = materials.paint(fields, hue * rng.uniform(0.6, 5), 0.0)
        stand(view, (x, y, z), (s * rng.choice([1, 1, 6]), s, 0.02), shine, 0.0, 1.0)
    return finish(view, rng, rng.uniform(3, 4.5), rng.uniform(2, 10), rng.uniform(0.05, 0.12))


def _pool(view: View, rng: np.random.Generator, colour: np.ndarray) -> None:
    """Pools of lamplight."""
    point = view.rays * np.minimum(view.depth, 100)[..., None] + np.array([0, view.eye, 0], np.float32)
    total = np.full((*view.depth.shape, 1), 0.35, np.float32)
    for _ in range(int(rng.integers(1, 4))):
        lamp = np.array([rng.uniform(-4, 4), rng.uniform(2.5, 5), rng.uniform(1, 14)], np.float32)
        far = np.linalg.norm(point - lamp, axis=2, keepdims=True)
        total += np.float32(rng.uniform(2, 5)) / (1 + (far / 2.2) ** 2)
    view.colour *= (total * (0.4 + 0.6 * colour)).astype(np.float32)


def yard(rng: np.random.Generator, height: int, width: int) -> Image:
    """A yard, a terrace or a car park before one long wall or fence."""
    view, fields = new_view(rng, (height, width), (1.2, 1.9), (-20, -2))
    view.light = daylight(rng)
    sky(view, rng, fields)
    _road(view, rng, fields)
    z = rng.uniform(3.5, 10)
    if rng.random() < 0.7:
        trees(view, rng, fields, z + rng.uniform(6, 20), int(rng.integers(2, 7)), rng.uniform(6, 11))
    kind = rng.random()
    if kind < 0.4:
        wall = facade(fields, wall_material(rng, fields), 5, rng)
        stand(view, (-20, 0.0, z), (40, rng.uniform(3, 12), 1), wall, rng.uniform(-0.35, 0.35))
    elif kind < 0.75:
        stand(view, (-20, 0.0, z), (40, rng.uniform(1.3, 2.6), 0.2), wall_material(rng, fields), rng.uniform(-0.35, 0.35))
    else:
        boards = materials.planks(fields, wood(rng), 0.14, 3)
        stand(view, (-20, 0.0, z), (40, rng.uniform(1.4, 2.0), 0.04), boards, rng.uniform(-0.3, 0.3))
    if rng.random() < 0.6:
        bushes(view, rng, fields, 0.9 * z, int(rng.integers(2, 7)), rng.uniform(0.7, 1.6))
    for _ in range(int(rng.integers(0, 4))):
        car(view, rng, fields, rng.uniform(-5, 5), z - 4.5) if z > 8.5 else None
    _clutter(view, rng, fields, z)
    unseen(view, rng)
    dapple(view, rng, fields, rng.uniform(0.2, 1.0))
    return finish(view, rng, rng.uniform(2.5, 5), aperture(rng), rng.uniform(0.15, 0.32))


def _clutter(view: View, rng: np.random.Generator, fields: Fields, wall_z: Real) -> None:
    """Boxes, planks, bins, benches and chairs before a wall."""
    for _ in range(int(rng.integers(2, 9))):
        x, z = rng.uniform(-0.7, 0.7) * wall_z, wall_z * rng.uniform(0.75, 0.97)
        size = (rng.uniform(0.1, 1.3), rng.uniform(0.05, 1.0), rng.uniform(0.1, 0.6))
        look = (
            materials.planks(fields, wood(rng), 0.12, 4)
            if rng.random() < 0.4
            else materials.paint(fields, tint(rng, 0.03, 0.5, 0.5), 0.25)
        )
        stand(view, (x, 0.0, z - size[2]), size, look, rng.uniform(-0.7, 0.7))
    if rng.random() < 0.5:
        potted(view, rng, fields, rng.uniform(-0.5, 0.5) * wall_z, 0.85 * wall_z, rng.uniform(0.6, 1.5))
