"""Materials of the built-in places: linear colour as a function of metres on a surface and of distance."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from jaxtyping import Float

Coordinate = Float[np.ndarray, " hits"]
Colours = Float[np.ndarray, "hits 3"]
Material = Callable[[Coordinate, Coordinate, Coordinate], Colours]

_FIELD = 512
Real = float | int


class Fields:
    """Tileable noise fields of one scene, looked up at metres."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._smooth = _fractal(rng, 3, 1.7)
        self._rough = _fractal(rng, 6, 0.9)

    def smooth(self, u: Coordinate, v: Coordinate, period_m: Real) -> Coordinate:
        """Soft blotches: about -1 .. 1, of a size in proportion to `period_m`."""
        return _twice(self._smooth, u, v, period_m)

    def rough(
        self, u: Coordinate, v: Coordinate, period_m: Real, depth: Coordinate | None = None, focal: Real = 400.0
    ) -> Coordinate:
        """Grain: about -1 .. 1; fades where its detail would be finer than a pixel at `depth`."""
        value = _twice(self._rough, u, v, period_m)
        if depth is None:
            return value
        return value * np.clip(2.5 * period_m * focal / (_FIELD * np.maximum(depth, 0.3)) * 6, 0.12, 1)


def _fractal(rng: np.random.Generator, octaves: int, fall: Real) -> np.ndarray:
    total = np.zeros((_FIELD, _FIELD), np.float32)
    for k in range(octaves):
        cells = 4 * 2**k
        grid = np.pad(rng.standard_normal((cells, cells)).astype(np.float32), 2, mode="wrap")
        step = _FIELD // cells
        layer = cv2.resize(grid, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC)[
            2 * step : -2 * step, 2 * step : -2 * step
        ]
        total += layer / (2**k) ** fall
    return (total / (2 * total.std())).astype(np.float32)


def _twice(field: np.ndarray, u: Coordinate, v: Coordinate, period_m: Real) -> Coordinate:
    """Two turned and scaled copies added, so that the field's period does not show."""
    turned = _look_up(field, 0.8 * u - 0.6 * v, 0.6 * u + 0.8 * v, 1.618 * period_m)
    return np.float32(0.72) * (_look_up(field, u, v, period_m) + turned)


def _look_up(field: np.ndarray, u: Coordinate, v: Coordinate, period_m: Real) -> Coordinate:
    scale = np.float32(_FIELD / period_m)
    x, y = np.mod(u * scale, _FIELD).astype(np.float32), np.mod(v * scale, _FIELD).astype(np.float32)
    if len(x) == 0:
        return x
    # remap wants an image no longer than 32767 px a side, so the list of points is folded into rows
    rows = -(-len(x) // 4096)
    padded = np.zeros((2, rows * 4096), np.float32)
    padded[0, : len(x)], padded[1, : len(x)] = x, y
    out = cv2.remap(
        field, padded[0].reshape(rows, 4096), padded[1].reshape(rows, 4096), cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP
    )
    return out.reshape(-1)[: len(x)]


def _mix(a: np.ndarray, b: np.ndarray, share: Coordinate) -> Colours:
    return (np.asarray(a, np.float32) * (1 - share[:, None]) + np.asarray(b, np.float32) * share[:, None]).astype(np.float32)


def _grid(u: Coordinate, size: Real, gap: Real, depth: Coordinate) -> Coordinate:
    """1 in the joints of width `gap` every `size` metres, blended where a joint is thinner than a pixel."""
    width = np.maximum(gap, depth / 350)
    near = np.abs(np.mod(u + size / 2, size) - size / 2)
    return np.clip(1 - near / width, 0, 1) * np.minimum(gap / width, 1) ** 0.6


def _hash(a: np.ndarray, b: np.ndarray, seed: int) -> Coordinate:
    """A pseudo-random number in 0..1 per pair of integers."""
    n = (a.astype(np.int64) * 73856093) ^ (b.astype(np.int64) * 19349663) ^ (seed * 83492791)
    n = (n ^ (n >> 13)) * 1274126177
    return ((n & 0xFFFF) / 65535.0).astype(np.float32)


def paint(fields: Fields, colour: np.ndarray, stain: Real = 0.1) -> Material:
    """Plaster or paint with faint stains."""
    return lambda u, v, d: (
        np.asarray(colour, np.float32)
        * (1 + stain * fields.smooth(u, v, 5.0) + 0.25 * stain * fields.rough(u, v, 0.9, d))[:, None]
    )


def planks(fields: Fields, colour: np.ndarray, width: Real, seed: int) -> Material:
    """Wooden boards along v."""

    def material(u: Coordinate, v: Coordinate, d: Coordinate) -> Colours:
        board = np.floor(u / width)
        length = 1.2 + 0.8 * _hash(board, board * 0, seed)
        end = np.floor(v / length + 7 * _hash(board, board * 0, seed + 1))
        tone = 0.82 + 0.36 * _hash(board, end, seed + 2)
        fibre = fields.rough(u * 7, v * 0.7, 1.3, d)
        joint = np.maximum(_grid(u, width, 0.004, d), 0.0)
        return (
            np.asarray(colour, np.float32)
            * ((tone + 0.13 * fibre + 0.08 * fields.smooth(u, v, 3.0)) * (1 - 0.55 * joint))[:, None]
        )

    return material


def tiles(fields: Fields, colour: np.ndarray, other: np.ndarray, size: Real, seed: int, checker: bool = False) -> Material:
    """Square tiles with joints, in one colour, slightly uneven, or as a checkerboard."""

    def material(u: Coordinate, v: Coordinate, d: Coordinate) -> Colours:
        a, b = np.floor(u / size), np.floor(v / size)
        share = np.mod(a + b, 2).astype(np.float32) if checker else 0.25 * _hash(a, b, seed)
        base = _mix(colour, other, share) * (1 + 0.06 * fields.rough(u, v, 1.0, d) + 0.06 * fields.smooth(u, v, 4.0))[:, None]
        joint = np.maximum(_grid(u, size, 0.006, d), _grid(v, size, 0.006, d))
        return base * (1 - 0.45 * joint)[:, None]

    return material


def bricks(
    fields: Fields, colour: np.ndarray, mortar: np.ndarray, seed: int, size: tuple[Real, Real] = (0.24, 0.075)
) -> Material:
    """Brickwork, u along the wall, v up."""

    def material(u: Coordinate, v: Coordinate, d: Coordinate) -> Colours:
        row = np.floor(v / size[1])
        shifted = u + 0.5 * size[0] * np.mod(row, 2)
        tone = 0.72 + 0.5 * _hash(np.floor(shifted / size[0]), row, seed)
        fade = np.clip(3.0 / np.maximum(d, 0.5), 0.25, 1)
        base = (
            np.asarray(colour, np.float32)
            * (1 + fade * (tone - 1) + 0.12 * fields.rough(u, v, 0.8, d) + 0.1 * fields.smooth(u, v, 4))[:, None]
        )
        joint = np.maximum(_grid(shifted, size[0], 0.01, d), _grid(v, size[1], 0.01, d))
        return _mix(base, mortar, 0.75 * joint)

    return material


def grass(fields: Fields, colour: np.ndarray, dry: np.ndarray) -> Material:
    """A lawn with dry patches and blades that fade with distance."""

    def material(u: Coordinate, v: Coordinate, d: Coordinate) -> Colours:
        patch = np.clip(0.35 + 0.6 * fields.smooth(u, v, 9.0) + 0.25 * fields.rough(u, v, 5.0), 0, 1)
        blades = fields.rough(u * 1.7, v * 0.8, 0.8, d) + 0.8 * fields.rough(u, v, 0.23, d)
        return _mix(colour, dry, patch) * np.clip(1 + 0.42 * blades, 0.2, 2.2)[:, None]

    return material


def gravel(fields: Fields, colour: np.ndarray, strength: Real = 0.25) -> Material:
    """Asphalt, sand, earth: fine grain and large stains."""

    def material(u: Coordinate, v: Coordinate, d: Coordinate) -> Colours:
        grain = fields.rough(u, v, 0.35, d) + 0.6 * fields.rough(v, u, 1.7, d)
        return np.asarray(colour, np.float32) * np.clip(1 + strength * grain + 0.16 * fields.smooth(u, v, 6.0), 0.1, 3)[:, None]

    return material


def foliage(fields: Fields, colour: np.ndarray, light: np.ndarray) -> Material:
    """Leaves seen from afar: dark gaps, lit tufts."""

    def material(u: Coordinate, v: Coordinate, d: Coordinate) -> Colours:
        tuft = np.clip(
            0.5 + 0.55 * fields.rough(u, v, 2.2) + 0.45 * fields.rough(v, u, 0.7) + 0.3 * fields.smooth(u, v, 7.0), 0, 1.3
        )
        return _mix(np.asarray(colour) * 0.35, light, tuft**1.6)

    return material


def facade(fields: Fields, wall: Material, seed: int, rng: np.random.Generator) -> Material:
    """A house front: wall material with a grid of windows, u along the street, v up."""
    storey, axis = rng.uniform(2.8, 3.6), rng.uniform(1.6, 3.2)
    share_u, share_v = rng.uniform(0.35, 0.6), rng.uniform(0.45, 0.65)
    glass, frame = rng.uniform(0.02, 0.08, 3) + np.array([0.0, 0.01, 0.03]), np.full(3, rng.uniform(0.2, 0.75))

    def material(u: Coordinate, v: Coordinate, d: Coordinate) -> Colours:
        a, b = np.floor(u / axis), np.floor(v / storey)
        x, y = np.abs(np.mod(u, axis) / axis - 0.5) * 2, np.abs(np.mod(v, storey) / storey - 0.52) * 2
        inside = (x < share_u) & (y < share_v)
        rim = (x < share_u + 0.07) & (y < share_v + 0.06) & ~inside
        curtain = _hash(a, b, seed)
        pane = _mix(
            glass, np.array([0.45, 0.42, 0.36]), np.where(curtain > 0.7, 0.5, 0.06) * (0.6 + 0.4 * fields.smooth(u, v, 6.0))
        )
        pane = pane + (0.22 * np.clip(fields.smooth(u + 3 * b, v, 11.0), 0, 1))[:, None]
        cross = (x < 0.05) & inside
        colour = wall(u, v, d)
        colour[inside] = pane[inside]
        colour[rim | cross] = frame
        return colour.astype(np.float32)

    return material
