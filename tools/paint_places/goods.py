"""Materials of man-made things with parts: shelves of books or goods, curtains, rugs, pictures, house fronts."""

from __future__ import annotations

import numpy as np

from tools.paint_places.materials import Colours, Material, mix
from tools.paint_places.noise import Coordinate, Fields, Real, hashed


def dyes(a: np.ndarray, b: np.ndarray | Real, seed: int, strength: Real = 1.0) -> Colours:
    """A colour per pair of integers: many dark, pale or muted ones, a few loud."""
    value = 0.03 + 0.62 * hashed(a, b, seed) ** 1.7
    loud = (strength * (0.25 + 0.75 * (hashed(a, b, seed + 1) < 0.3)))[:, None]
    hue = np.stack([hashed(a, b, seed + k) for k in (2, 3, 4)], axis=1)
    return (value[:, None] * np.clip(1 + loud * (1.3 * hue - 0.65), 0.1, 1.8)).astype(np.float32)


def shelves(
    fields: Fields, wood: np.ndarray, storey: Real, thing: tuple[Real, Real], seed: int, strength: Real = 1.0
) -> Material:
    """Boards `storey` metres apart full of things of about `thing` (width, height) metres: books, boxes, bottles, files."""
    width, height = thing

    def material(u: Coordinate, v: Coordinate, d: Coordinate) -> Colours:
        row = np.floor(v / storey)
        bay = np.floor(u / 0.82)
        at = u + 0.35 * width * np.sin(u / width * 2.1 + 5 * row) + 0.13 * row
        column = np.floor(at / width)
        group = np.floor(column / (3 + np.floor(6 * hashed(row, bay, seed))))
        tall = height * (0.62 + 0.38 * hashed(group, row, seed + 6)) * (0.93 + 0.07 * hashed(column, row, seed + 7))
        colour = dyes(np.where(hashed(group, row, seed + 8) < 0.5, group, column), row, seed + 9, strength)
        label = (np.abs(np.mod(v, storey) / height - 0.45) < 0.13) & (hashed(column, row, seed + 14) < 0.5)
        colour = np.where(label[:, None], 0.35 + 0.5 * colour, colour)
        across = np.mod(at / width, 1)
        colour = colour * (0.55 + 0.7 * np.sqrt(np.clip(across * (1 - across) * 4, 0, 1)))[:, None]
        gone = (np.mod(v, storey) > tall + 0.03) | (hashed(group, row, seed + 15) < 0.13)
        found = mix(colour, np.asarray(wood, np.float32) * 0.16, gone.astype(np.float32))
        board = (np.mod(v, storey) < 0.03) | (np.mod(u, 0.82) < 0.03)
        grain = 1 + 0.15 * fields.rough(u, v, 1.5, d)
        shade = 0.55 + 0.45 * np.clip(1.25 - np.mod(v, storey) / storey, 0, 1)
        return np.where(board[:, None], np.asarray(wood, np.float32) * grain[:, None], found * shade[:, None]).astype(np.float32)

    return material


def curtain(fields: Fields, colour: np.ndarray, fold_m: Real) -> Material:
    """Cloth that hangs in folds."""

    def material(u: Coordinate, v: Coordinate, d: Coordinate) -> Colours:
        phase = u / fold_m + 0.35 * fields.smooth(u, v * 0.1, 2.5)
        tone = 0.72 + 0.38 * np.sin(2 * np.pi * phase) + 0.12 * np.sin(4.7 * np.pi * phase + 1) + 0.06 * fields.grain(u, v, d)
        return np.asarray(colour, np.float32) * np.clip(tone, 0.2, 1.3)[:, None]

    return material


def rug(fields: Fields, seed: int, size: Real) -> Material:
    """A woven pattern with a border."""

    def material(u: Coordinate, v: Coordinate, d: Coordinate) -> Colours:
        ring = np.floor(np.abs(np.abs(u / size - 0.5) + 0.3 * np.abs(v / size - 0.5)) * 7)
        motif = np.floor(2.5 + 2 * np.sin(u * 19) * np.sin(v * 17))
        colour = 0.5 * dyes(ring, motif, seed, 0.7) + 0.12
        return colour * (1 + 0.15 * fields.grain(u, v, d) + 0.1 * fields.rough(u, v, 0.8, d))[:, None]

    return material


def picture(fields: Fields, seed: int) -> Material:
    """Something framed on a wall: fields of colour, or the look of a photograph."""

    def material(u: Coordinate, v: Coordinate, d: Coordinate) -> Colours:
        shape = np.floor(2.2 * (fields.smooth(u, v, 1.1) + 1)) if seed % 2 else np.floor(v * 9 + fields.smooth(u, v, 0.9))
        return dyes(shape, np.zeros_like(shape), seed) * (1 + 0.3 * fields.rough(u, v, 0.5))[:, None]

    return material


def facade(fields: Fields, wall: Material, seed: int, rng: np.random.Generator) -> Material:
    """A house front: wall material with windows, sills, dirt below them and shops in the ground floor; u along the street."""
    storey, axis = rng.uniform(2.8, 3.6), rng.uniform(1.6, 3.2)
    share_u, share_v = rng.uniform(0.35, 0.65), rng.uniform(0.45, 0.7)
    glass, frame = rng.uniform(0.01, 0.06, 3) + np.array([0.0, 0.01, 0.03]), np.full(3, rng.uniform(0.08, 0.75))
    shops, bars = rng.random() < 0.55, int(rng.integers(1, 4))

    def material(u: Coordinate, v: Coordinate, d: Coordinate) -> Colours:
        a, b = np.floor(u / axis), np.floor(v / storey)
        x, y = np.abs(np.mod(u, axis) / axis - 0.5) * 2, np.mod(v, storey) / storey - 0.52
        inside = (x < share_u) & (np.abs(y) * 2 < share_v)
        rim = (x < share_u + 0.07) & (np.abs(y) * 2 < share_v + 0.06) & ~inside
        draped = hashed(a, b, seed)
        pane = mix(glass, np.array([0.4, 0.36, 0.3]), np.where(draped > 0.6, 0.7, 0.05) * (0.6 + 0.4 * fields.smooth(u, v, 6.0)))
        mirrored = np.clip(fields.smooth(u + 3 * b, v, 11.0) + 0.7 * hashed(a, b, seed + 1) - 0.3, 0, 1) ** 2
        pane = pane + mirrored[:, None] * np.array([0.5, 0.6, 0.7], np.float32)
        cross = (np.mod(u / axis * 2 * bars, 2 * share_u) < 0.07) & inside
        streak = 0.15 * np.clip(fields.rough(u * 3, v * 0.3, 3.0), 0, 1) * (y < 0)
        colour = wall(u, v, d) * (1 - streak - 0.3 * np.clip(0.5 - v, 0, 0.5))[:, None]
        colour[inside], colour[rim | cross] = pane[inside], frame
        return _shop(fields, colour, u, v, seed) if shops else colour.astype(np.float32)

    return material


def _shop(fields: Fields, colour: Colours, u: Coordinate, v: Coordinate, seed: int) -> Colours:
    """Shop windows, signs and doors over the lowest three metres of a front."""
    shop = np.floor(u / 5.3)
    low = v < 3.0
    along = np.mod(u, 5.3)
    thing = np.floor(u / 0.37 + 0.5 * fields.rough(u, v, 2.0)), np.floor(v / 0.6 + 0.4 * fields.rough(v, u, 2.0))
    goods = dyes(*thing, seed + 30) * (0.1 + 0.6 * hashed(shop, 1, seed + 31) * (0.6 + fields.smooth(u, v, 3.0)))[:, None]
    shine = np.clip(fields.smooth(u, v, 5.0), 0, 1)[:, None] * np.array([0.35, 0.4, 0.45], np.float32)
    found = np.where((v < 0.45)[:, None], dyes(shop, 0, seed + 32), goods + shine)
    found = np.where((np.mod(along, 1.7) < 0.09)[:, None], 0.05, found)
    sign = dyes(shop, 3, seed + 33)
    letters = (np.abs(v - 2.7) < 0.11) & (np.abs(along - 2.6) < 1.3) & (hashed(np.floor(u / 0.13), 5, seed + 34) < 0.6)
    sign = np.where(letters[:, None], np.where(sign.mean(axis=1, keepdims=True) > 0.25, 0.04, 0.8), sign)
    found = np.where((v > 2.4)[:, None], sign, found)
    return np.where(low[:, None], found, colour).astype(np.float32)
