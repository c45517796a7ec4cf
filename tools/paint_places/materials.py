"""Materials of grounds and walls: linear colour as a function of metres on a surface and of distance."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from tools.paint_places.noise import Coordinate, Fields, Real, hashed

Colours = Float[np.ndarray, "hits 3"]
Material = Callable[[Coordinate, Coordinate, Coordinate], Colours]


def mix(a: np.ndarray, b: np.ndarray, share: Coordinate) -> Colours:
    """Colours between `a` and `b`, each one colour or one per place."""
    return (np.asarray(a, np.float32) * (1 - share[:, None]) + np.asarray(b, np.float32) * share[:, None]).astype(np.float32)


def grid(u: Coordinate, size: Real | Coordinate, gap: Real, depth: Coordinate) -> Coordinate:
    """1 in the joints of width `gap` every `size` metres, blended where a joint is thinner than a pixel."""
    width = np.maximum(gap, depth / 350)
    near = np.abs(np.mod(u + size / 2, size) - size / 2)
    return np.clip(1 - near / width, 0, 1) * np.minimum(gap / width, 1) ** 0.6


def specks(u: Coordinate, v: Coordinate, depth: Coordinate, cell: Real, share: Real, radius: Real, seed: int) -> Coordinate:
    """Scattered small things: how much (0..1) of one lies at a place; `share` of the cells of `cell` metres hold one."""
    a, b = np.floor(u / cell), np.floor(v / cell)
    x = u / cell - a - 0.2 - 0.6 * hashed(a, b, seed)
    y = v / cell - b - 0.2 - 0.6 * hashed(a, b, seed + 1)
    size = radius * (0.5 + hashed(a, b, seed + 2))
    reach = np.hypot(x, y * (0.6 + 0.8 * hashed(a, b, seed + 3))) * cell
    return (hashed(a, b, seed + 4) < share) * np.clip((size - reach) / np.maximum(0.3 * size, depth / 400), 0, 1)


def paint(fields: Fields, colour: np.ndarray, stain: Real = 0.1) -> Material:
    """Plaster or paint: stains, scuffs, a fine roughness."""

    def material(u: Coordinate, v: Coordinate, d: Coordinate) -> Colours:
        tone = 1 + stain * fields.smooth(u, v, 5.0) + 0.4 * stain * fields.rough(u, v, 0.9, d) + 0.025 * fields.grain(u, v, d)
        return np.asarray(colour, np.float32) * tone[:, None]

    return material


def planks(fields: Fields, colour: np.ndarray, width: Real, seed: int) -> Material:
    """Wooden boards along v."""

    def material(u: Coordinate, v: Coordinate, d: Coordinate) -> Colours:
        board = np.floor(u / width)
        length = 1.2 + 0.8 * hashed(board, 0, seed)
        end = np.floor(v / length + 7 * hashed(board, 0, seed + 1))
        tone = 0.8 + 0.4 * hashed(board, end, seed + 2)
        ring = fields.rough(u * 7 + 3 * end, v * 0.5, 1.3, d)
        fibre = 0.16 * ring + 0.07 * fields.grain(u, 0.12 * v, d) - 0.12 * np.clip(np.abs(ring) < 0.06, 0, 1)
        joint = np.maximum(grid(u, width, 0.004, d), 0.5 * grid(v + length * end, length, 0.003, d))
        warm = (hashed(board, end, seed + 3) - 0.5)[:, None] * np.array([0.10, 0.0, -0.14], np.float32)
        tone = (tone + fibre + 0.1 * fields.smooth(u, v, 3.0)) * (1 - 0.6 * joint)
        return np.asarray(colour, np.float32) * (1 + warm) * tone[:, None]

    return material


def tiles(fields: Fields, colour: np.ndarray, other: np.ndarray, size: Real, seed: int, checker: bool = False) -> Material:
    """Square tiles with joints, in one colour, slightly uneven, or as a checkerboard."""

    def material(u: Coordinate, v: Coordinate, d: Coordinate) -> Colours:
        a, b = np.floor(u / size), np.floor(v / size)
        share = np.mod(a + b, 2).astype(np.float32) if checker else 0.25 * hashed(a, b, seed)
        tone = 1 + 0.08 * fields.rough(u, v, 1.0, d) + 0.12 * fields.smooth(u, v, 4.0) + 0.05 * fields.grain(u, v, d)
        base = mix(colour, other, share) * (tone + 0.1 * (hashed(a, b, seed + 1) - 0.5))[:, None]
        joint = np.maximum(grid(u, size, 0.006, d), grid(v, size, 0.006, d))
        return base * (1 - (0.5 + 0.15 * fields.smooth(v, u, 2.0)) * joint)[:, None]

    return material


def bricks(
    fields: Fields, colour: np.ndarray, mortar: np.ndarray, seed: int, size: tuple[Real, Real] = (0.24, 0.075)
) -> Material:
    """Brickwork, u along the wall, v up."""

    def material(u: Coordinate, v: Coordinate, d: Coordinate) -> Colours:
        row = np.floor(v / size[1])
        shifted = u + 0.5 * size[0] * np.mod(row, 2)
        column = np.floor(shifted / size[0])
        tone = 0.62 + 0.66 * hashed(column, row, seed)
        fade = np.clip(3.0 / np.maximum(d, 0.5), 0.3, 1)
        rough = 0.14 * fields.rough(u, v, 0.8, d) + 0.16 * fields.smooth(u, v, 4) + 0.1 * fields.grain(u, v, d)
        warm = (hashed(column, row, seed + 1) - 0.5)[:, None] * np.array([0.2, 0.0, -0.2], np.float32)
        base = np.asarray(colour, np.float32) * (1 + warm) * (1 + fade * (tone - 1) + rough)[:, None]
        joint = np.maximum(grid(shifted, size[0], 0.01, d), grid(v, size[1], 0.01, d))
        return mix(base, mortar, 0.75 * joint)

    return material


def grass(fields: Fields, colour: np.ndarray, dry: np.ndarray, seed: int, litter: Real) -> Material:
    """A lawn: blades, clumps, dry and worn patches, fallen leaves."""
    earth, leaf = np.array([0.13, 0.095, 0.06], np.float32), np.array([0.22, 0.14, 0.06], np.float32)

    def material(u: Coordinate, v: Coordinate, d: Coordinate) -> Colours:
        patch = np.clip(0.25 + 0.35 * fields.smooth(u, v, 9.0) + 0.2 * fields.rough(u, v, 2.5, d), 0, 1)
        clumps = fields.rough(u, v, 0.6, d)
        blades = fields.grain(1.4 * u, 0.6 * v, d, 1.5) + 0.6 * fields.grain(v, u, d, 3.5)
        tone = np.clip(1 + 0.2 * clumps + 0.38 * blades, 0.15, 2.4)
        found = mix(colour, dry, patch) * tone[:, None]
        worn = np.clip(2.2 * (fields.rough(v, u, 7.0) - 0.85 + 0.3 * clumps), 0, 0.8)
        found = mix(found, earth * (1 + 0.25 * blades)[:, None], worn)
        fallen = specks(u, v, d, 0.13, litter, 0.016, seed) * np.clip(1.2 + 1.5 * fields.rough(v, u, 3.0), 0, 1)
        return mix(found, leaf * (0.3 + 1.1 * hashed(np.floor(u / 0.13), np.floor(v / 0.13), seed))[:, None], 0.9 * fallen)

    return material


def gravel(fields: Fields, colour: np.ndarray, strength: Real = 0.25, bumps: Real = 0.0) -> Material:
    """Sand, earth, carpet, clay: grain, stains, and dents of `bumps` (share of the light)."""

    def material(u: Coordinate, v: Coordinate, d: Coordinate) -> Colours:
        tone = (
            1 + strength * fields.grain(u, v, d) + 0.35 * strength * fields.rough(u, v, 1.1, d) + 0.13 * fields.smooth(u, v, 6.0)
        )
        if bumps:
            dents = fields.rough(u, v, 1.9) - fields.rough(u + 0.02, v + 0.04, 1.9)
            tone = tone + bumps * np.clip(4 * dents, -1, 1) * np.clip(9 / np.maximum(d, 1), 0.2, 1)
        return np.asarray(colour, np.float32) * np.clip(tone, 0.1, 3)[:, None]

    return material


def asphalt(fields: Fields, colour: np.ndarray, seed: int) -> Material:
    """A road: grain, cracks, mended patches, stains, small stones."""
    base = gravel(fields, colour, 0.22)

    def material(u: Coordinate, v: Coordinate, d: Coordinate) -> Colours:
        found = base(u, v, d)
        crack = np.clip(1 - np.abs(fields.rough(u, v, 6.0)) / (0.012 + d / 900), 0, 1) * (fields.smooth(v, u, 11.0) > 0.15)
        a, b = np.floor(u / 2.1 + 0.37), np.floor(v / 3.7)
        mended = (hashed(a, b, seed) < 0.14) * (0.2 + 0.25 * hashed(a, b, seed + 1))
        stain = np.clip(1.6 * (fields.rough(v, u, 3.3) - 0.75), 0, 0.5)
        lane = 0.1 * np.cos(u * 2.2) * np.clip(fields.smooth(u * 0.2, v * 0.1, 3.0) + 0.5, 0, 1)
        found = found * ((1 - 0.6 * crack) * (1 - mended) * (1 - stain) * (1 + lane))[:, None]
        stones = specks(u, v, d, 0.31, 0.3, 0.012, seed + 5)
        return mix(found, np.full(3, 0.42, np.float32), 0.6 * stones)

    return material


def foliage(fields: Fields, colour: np.ndarray, light: np.ndarray) -> Material:
    """Leaves seen from afar: dark gaps, lit tufts, glints."""

    def material(u: Coordinate, v: Coordinate, d: Coordinate) -> Colours:
        leaves = fields.grain(u, v, d, 1.5) + 0.8 * fields.grain(v, u, d, 3.2)
        tuft = 0.42 + 0.28 * fields.rough(u, v, 1.6, d) + 0.22 * fields.smooth(u, v, 5.0) + 0.42 * leaves
        glint = np.clip(leaves - 1.0, 0, 1) * np.clip(tuft, 0, 1)
        found = mix(np.asarray(colour) * 0.3, light, np.clip(tuft, 0, 1.2) ** 1.5)
        return found + glint[:, None] * np.array([0.3, 0.33, 0.25], np.float32)

    return material
