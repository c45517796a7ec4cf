"""Noise fields of a built-in place, looked up at metres on its surfaces."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float

Coordinate = Float[np.ndarray, " hits"]
Real = float | int
FIELD = 512
_FOCAL_PX = 400.0


class Fields:
    """Tileable noise fields of one scene: soft blotches, fractal roughness, and grain as fine as the picture shows."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._smooth = _fractal(rng, 3, 1.7)
        self._rough = _fractal(rng, 6, 0.9)
        white = cv2.GaussianBlur(rng.standard_normal((FIELD, FIELD)).astype(np.float32), (0, 0), 0.7)
        self._fine = np.asarray(white / (2 * white.std()), np.float32)

    def smooth(self, u: Coordinate, v: Coordinate, period_m: Real) -> Coordinate:
        """Soft blotches: about -1 .. 1, of a size in proportion to `period_m`."""
        return _twice(self._smooth, u, v, period_m)

    def rough(self, u: Coordinate, v: Coordinate, period_m: Real, depth: Coordinate | None = None) -> Coordinate:
        """Roughness: about -1 .. 1; fades where its detail would be finer than a pixel at `depth`."""
        value = _twice(self._rough, u, v, period_m)
        if depth is None:
            return value
        return value * np.clip(2.5 * period_m * _FOCAL_PX / (FIELD * np.maximum(depth, 0.3)) * 6, 0.12, 1)

    def grain(self, u: Coordinate, v: Coordinate, depth: Coordinate, size_px: Real = 1.8) -> Coordinate:
        """Grain about `size_px` pixels wide at any depth, about -1 .. 1: two neighbouring octaves, so that no step shows."""
        level = np.log2(np.maximum(depth, 0.3) * np.float32(size_px / _FOCAL_PX))
        base = np.floor(level)
        share = (level - base).astype(np.float32)
        total = np.zeros_like(share)
        for octave, weight in ((base, 1 - share), (base + 1, share)):
            metre = np.exp2(-octave).astype(np.float32)
            total += weight * _look_up(self._fine, u * metre + 37.7 * octave, v * metre, FIELD)
        return total / np.hypot(share, 1 - share)


def _fractal(rng: np.random.Generator, octaves: int, fall: Real) -> np.ndarray:
    total = np.zeros((FIELD, FIELD), np.float32)
    for k in range(octaves):
        cells = 4 * 2**k
        grid = np.pad(rng.standard_normal((cells, cells)).astype(np.float32), 2, mode="wrap")
        step = FIELD // cells
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
    scale = np.float32(FIELD / period_m)
    x, y = np.mod(u * scale, FIELD).astype(np.float32), np.mod(v * scale, FIELD).astype(np.float32)
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


def hashed(a: np.ndarray, b: np.ndarray | Real, seed: int) -> Coordinate:
    """A pseudo-random number in 0..1 per pair of integers."""
    n = (a.astype(np.int64) * 73856093) ^ (np.asarray(b).astype(np.int64) * 19349663) ^ (seed * 83492791)
    n = (n ^ (n >> 13)) * 1274126177
    return (((n ^ (n >> 16)) & 0xFFFF) / 65535.0).astype(np.float32)
