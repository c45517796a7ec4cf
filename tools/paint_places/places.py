"""The kinds of built-in places; those in the open country are here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8

from tools.paint_places import materials
from tools.paint_places.barriers import fence, stands
from tools.paint_places.goods import facade
from tools.paint_places.interiors import court_lines, hall, room, shop, studio, wall_material
from tools.paint_places.lens import aperture, finish
from tools.paint_places.light import dapple, daylight, unseen
from tools.paint_places.noise import Fields
from tools.paint_places.plants import bushes, trees, woods
from tools.paint_places.scenery import haze, lay, new_view, sky, stand, tint
from tools.paint_places.streets import night, street, yard
from tools.paint_places.view import Real, View, plane

Image = UInt8[np.ndarray, "height width 3"]


def _outdoors(rng: np.random.Generator, size: tuple[int, int], pitch: tuple[Real, Real]) -> tuple[View, Fields]:
    view, fields = new_view(rng, size, (1.1, 1.8), pitch)
    view.light = daylight(rng)
    sky(view, rng, fields)
    return view, fields


def lawn(rng: np.random.Generator, height: int, width: int) -> Image:
    """A park, garden or pitch: grass, trees and bushes, perhaps a path, a fence or a house."""
    view, fields = _outdoors(rng, (height, width), (-14, 0))
    green = np.array([0.085, 0.13, 0.035]) * rng.uniform(0.6, 1.5) * np.array([rng.uniform(0.9, 1.3), 1, 1])
    dry = np.array([0.22, 0.20, 0.08]) * rng.uniform(0.6, 1.2)
    lay(view, 1, 0.0, materials.grass(fields, green, dry, int(rng.integers(1 << 30)), rng.choice([0, 0.03, 0.15, 0.5])))
    if rng.random() < 0.4:
        path = materials.gravel(fields, tint(rng, 0.2, 0.45, 0.1), 0.25)
        stand(view, (-60, 0.0, rng.uniform(2, 9)), (120, 0.01, rng.uniform(0.6, 2.0)), path, rng.uniform(-0.25, 0.25))
    if rng.random() < 0.75:
        woods(view, rng, fields, rng.uniform(22, 60), rng.uniform(5, 12))
    else:
        trees(view, rng, fields, rng.uniform(35, 60), 14, rng.uniform(9, 14))
    if rng.random() < 0.4:
        house = facade(fields, wall_material(rng, fields), 4, rng)
        where = (rng.uniform(-20, 5), 0.0, rng.uniform(12, 30))
        stand(view, where, (rng.uniform(8, 20), rng.uniform(3, 9), 8), house, rng.uniform(-0.5, 0.5))
    trees(view, rng, fields, rng.uniform(8, 20), int(rng.integers(0, 5)), rng.uniform(4, 8))
    if rng.random() < 0.5:
        bushes(view, rng, fields, rng.uniform(6, 14), int(rng.integers(3, 12)), rng.uniform(0.5, 1.8))
    if rng.random() < 0.25:
        fence(view, rng, fields, rng.uniform(6, 14))
    dapple(view, rng, fields, rng.uniform(0.2, 1.0))
    haze(view, np.array([0.7, 0.78, 0.86]), rng.uniform(250, 900))
    return finish(view, rng, rng.uniform(2.5, 5), aperture(rng), rng.uniform(0.13, 0.26))


def wild(rng: np.random.Generator, height: int, width: int) -> Image:
    """A clearing or a path in a wood."""
    view, fields = _outdoors(rng, (height, width), (-14, 0))
    if rng.random() < 0.5:
        earth = np.array([0.15, 0.11, 0.07]) * rng.uniform(0.6, 1.4)
        lay(view, 1, 0.0, materials.grass(fields, earth, earth * [0.5, 0.8, 0.4], int(rng.integers(1 << 30)), 0.7))
    else:
        green = np.array([0.06, 0.10, 0.025]) * rng.uniform(0.6, 1.4)
        lay(view, 1, 0.0, materials.grass(fields, green, np.array([0.17, 0.14, 0.06]), int(rng.integers(1 << 30)), 0.2))
    woods(view, rng, fields, rng.uniform(9, 25), rng.uniform(7, 14), int(rng.integers(6, 30)))
    bushes(view, rng, fields, rng.uniform(7, 12), int(rng.integers(4, 14)), rng.uniform(0.5, 1.5))
    trees(view, rng, fields, rng.uniform(7, 14), int(rng.integers(0, 4)), rng.uniform(5, 9))
    dapple(view, rng, fields, rng.uniform(0.5, 1.0))
    haze(view, np.array([0.6, 0.68, 0.66]), rng.uniform(120, 600))
    return finish(view, rng, rng.uniform(2.5, 5), aperture(rng), rng.uniform(0.1, 0.22))


def snow(rng: np.random.Generator, height: int, width: int) -> Image:
    """A slope or field in snow, with tracks, firs and rocks."""
    view, fields = _outdoors(rng, (height, width), (-16, 2))
    lay(view, 1, 0.0, materials.gravel(fields, np.array([0.66, 0.7, 0.76]), 0.02, rng.uniform(0.03, 0.09)))
    if rng.random() < 0.8:
        woods(view, rng, fields, rng.uniform(25, 70), rng.uniform(4, 12), int(rng.integers(0, 10)))
    trees(view, rng, fields, rng.uniform(12, 30), int(rng.integers(0, 9)), rng.uniform(5, 9))
    bushes(view, rng, fields, rng.uniform(10, 25), int(rng.integers(0, 8)), rng.uniform(0.5, 1.5))
    if rng.random() < 0.4:
        fence(view, rng, fields, rng.uniform(7, 16))
    if rng.random() < 0.3:
        hut = facade(fields, wall_material(rng, fields), 4, rng)
        stand(view, (rng.uniform(-12, 5), 0.0, rng.uniform(14, 30)), (rng.uniform(6, 14), rng.uniform(3, 7), 8), hut, 0.3)
    dapple(view, rng, fields, rng.uniform(0, 0.8))
    haze(view, np.array([0.8, 0.85, 0.9]), rng.uniform(80, 600))
    return finish(view, rng, rng.uniform(2.5, 6), aperture(rng), rng.uniform(0.3, 0.5))


def beach(rng: np.random.Generator, height: int, width: int) -> Image:
    """Sand, water up to the horizon, sky; perhaps hills, rocks, umbrellas."""
    view, fields = _outdoors(rng, (height, width), (-12, -1))
    sand = np.array([0.40, 0.34, 0.26]) * rng.uniform(0.7, 1.25)
    lay(view, 1, 0.0, materials.gravel(fields, sand, 0.1, rng.uniform(0.05, 0.18)))
    _sea(view, rng, fields, rng.uniform(5, 16))
    if rng.random() < 0.5:
        woods(view, rng, fields, rng.uniform(90, 200), rng.uniform(8, 30))
    for _ in range(int(rng.integers(0, 8))):
        x, z, s = rng.uniform(-8, 8), rng.uniform(5, 16), rng.uniform(0.1, 0.8)
        cloth = materials.paint(fields, tint(rng, 0.05, 0.7, 0.6), 0.1)
        stand(view, (x, 0.0, z), (s, rng.uniform(0.1, 1.0) * s, s), cloth, rng.uniform(-0.8, 0.8))
    haze(view, np.array([0.75, 0.83, 0.92]), rng.uniform(300, 900))
    return finish(view, rng, rng.uniform(2.5, 5), aperture(rng), rng.uniform(0.22, 0.38))


def _sea(view: View, rng: np.random.Generator, fields: Fields, shore: Real) -> None:
    hit = plane(view, 1, 1e-3)
    wave = 1.5 * fields.smooth(hit.u, hit.u * 0, 25.0) + 0.25 * fields.rough(hit.u, 0.3 * hit.v, 5.0)
    sea = hit.v + wave > shore
    rows, u, v, d = np.flatnonzero(hit.mask.ravel())[sea], hit.u[sea], hit.v[sea], hit.depth[sea]
    ripple = (
        fields.rough(u * 0.35, v * 1.6, 5.0, d) + 0.7 * fields.grain(0.35 * u, v, d, 2.0) + 0.5 * fields.smooth(u * 0.3, v, 18.0)
    )
    past = (v + wave[sea] - shore).astype(np.float32)
    deep = np.array([0.03, 0.10, 0.13]) * rng.uniform(0.6, 1.6)
    shallow = np.array([0.16, 0.24, 0.22]) * rng.uniform(0.6, 1.4)
    water = materials.mix(shallow, deep, np.clip(past / 9, 0, 1)) * np.clip(1 + 0.3 * ripple, 0.3, 2)[:, None]
    mirrored = np.clip(0.06 + d / 90, 0, 0.55)[:, None] * np.clip(0.6 + 0.35 * ripple, 0, 1.6)[:, None]
    breaker = np.exp(-(((np.mod(past + 0.6 * fields.smooth(u, v, 9.0), 5.5) - 2.2) / 0.5) ** 2)) * (past < 17) * 0.8
    foam = np.clip(np.exp(-past / 0.6) + breaker * (fields.rough(u, v, 3.0) > -0.2), 0, 1)
    foam = (foam * np.clip(0.6 + 0.6 * fields.rough(u, v, 1.5) + 0.3 * fields.grain(u, v, d), 0, 1))[:, None]
    lit = view.light.on(np.array([0.0, 1.0, 0.0]))
    found = (water * lit + mirrored * np.array([0.62, 0.72, 0.85])) * (1 - foam) + 0.8 * foam * lit
    glitter = np.clip(ripple - 1.5, 0, 1)[:, None] * view.light.sun * 2
    view.colour.reshape(-1, 3)[rows] = found + glitter
    wet = np.flatnonzero(hit.mask.ravel())[(hit.v + wave > shore - 1.2) & ~sea]
    view.colour.reshape(-1, 3)[wet] *= np.float32(0.6)


def court(rng: np.random.Generator, height: int, width: int) -> Image:
    """A sports ground outdoors: clay, hard court or turf with lines, boards or a fence, trees or stands behind."""
    view, fields = _outdoors(rng, (height, width), (-15, -2))
    kinds = [(0.05, 0.12, 0.24), (0.06, 0.15, 0.08), (0.34, 0.14, 0.07), (0.18, 0.18, 0.19), (0.30, 0.2, 0.12)]
    kind = int(rng.integers(len(kinds) + 1))
    if kind < len(kinds):
        lay(view, 1, 0.0, materials.gravel(fields, np.array(kinds[kind]) * rng.uniform(0.7, 1.5), 0.13))
    else:
        lay(view, 1, 0.0, materials.grass(fields, np.array([0.06, 0.13, 0.025]), np.array([0.1, 0.17, 0.04]), 3, 0.0))
    court_lines(view, rng, np.full(3, 0.8))
    z = rng.uniform(8, 20)
    if rng.random() < 0.75:
        woods(view, rng, fields, z + rng.uniform(4, 25), rng.uniform(5, 10))
    if rng.random() < 0.5:
        stands(view, rng, fields, z + 2)
    dapple(view, rng, fields, rng.uniform(0, 0.9))
    unseen(view, rng)
    if rng.random() < 0.6:
        first, second = tint(rng, 0.02, 0.3, 0.5), tint(rng, 0.02, 0.7, 0.5)
        step = rng.uniform(1.5, 4)
        for k, x in enumerate(np.arange(-20, 20, step)):
            board = materials.paint(fields, first if k % 3 else second, 0.12)
            stand(view, (float(x), 0.0, z), (0.98 * step, rng.uniform(0.9, 0.96), 0.06), board)
    if rng.random() < 0.6:
        for x in np.arange(-20, 20, 3.0):
            stand(view, (float(x), 0.0, z + 0.5), (0.06, 3.2, 0.06), materials.paint(fields, np.full(3, 0.1), 0.05))
    haze(view, np.array([0.7, 0.78, 0.86]), rng.uniform(250, 900))
    return finish(view, rng, rng.uniform(3, 6), aperture(rng), rng.uniform(0.15, 0.3))


PLACES: dict[str, Callable[[np.random.Generator, int, int], Image]] = {
    "room": room,
    "street": street,
    "lawn": lawn,
    "hall": hall,
    "court": court,
    "beach": beach,
    "shop": shop,
    "night": night,
    "wild": wild,
    "studio": studio,
    "yard": yard,
    "snow": snow,
}
