"""What bounds the built-in places outdoors: fences, stands of a sports ground."""

from __future__ import annotations

import numpy as np

from tools.paint_places import materials
from tools.paint_places.noise import Fields, hashed
from tools.paint_places.scenery import stand, tint, wood
from tools.paint_places.view import Real, View


def fence(view: View, rng: np.random.Generator, fields: Fields, z: Real) -> None:
    """A fence of boards or posts and wire about `z` metres ahead."""
    turn, tall, wire = rng.uniform(-0.3, 0.3), rng.uniform(0.8, 1.8), rng.random() < 0.5
    material = materials.paint(fields, np.full(3, 0.12) if wire else wood(rng), 0.3)
    step, thick = (rng.uniform(1.5, 3), 0.05) if wire else (rng.uniform(0.13, 1.6), 0.09)
    for k in np.arange(-10, 10, step):
        stand(
            view,
            (float(k * np.cos(turn)), 0.0, z - float(k * np.sin(turn))),
            (thick, tall * rng.uniform(0.95, 1.05), 0.06),
            material,
        )
    for y in np.arange(0.15, 1, 0.16 if wire else 0.5):
        stand(view, (-10, y * tall, z + 0.02), (20, 0.012 if wire else 0.08, 0.02), material, turn)


def stands(view: View, rng: np.random.Generator, fields: Fields, z: Real) -> None:
    """Rows of seats, rising."""
    colour, step = tint(rng, 0.03, 0.4, 0.5), materials.paint(fields, np.full(3, rng.uniform(0.15, 0.4)), 0.3)
    chairs, seed = materials.paint(fields, colour, 0.3), int(rng.integers(1 << 20))

    def row_of_seats(u: np.ndarray, v: np.ndarray, d: np.ndarray) -> np.ndarray:
        gap = (np.mod(u, 0.55) < 0.1) | (hashed(np.floor(u / 0.55), np.floor(d), seed) < 0.12)
        return np.where(gap[:, None], 0.3 * step(u, v, d), chairs(u, v, d)).astype(np.float32)

    for row in range(9, -1, -1):
        stand(view, (-25, 0.0, z + 0.8 * row), (50, 0.6 + 0.4 * row, 0.8), step)
        stand(view, (-25, 0.6 + 0.4 * row, z + 0.8 * row + 0.3), (50, 0.42, 0.1), row_of_seats)
