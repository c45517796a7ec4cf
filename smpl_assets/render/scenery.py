"""Procedural places without people, painted in linear light by casting a ray per pixel at a few planes."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from smpl_assets.sensor import to_srgb

Image = Float32[np.ndarray, "height width 3"]


def noise(rng: np.random.Generator, height: int, width: int, cell: float, octaves: int = 4) -> np.ndarray:
    """Fractal value noise with zero mean and about unit range."""
    total = np.zeros((height, width), np.float32)
    for k in range(octaves):
        step = max(cell / 2**k, 1.0)
        grid = rng.random((int(height / step) + 3, int(width / step) + 3), dtype=np.float32) - 0.5
        total += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC) / 2**k
    return total


def room(rng: np.random.Generator, height: int, width: int) -> Image:
    """A wall, a floor, a window."""
    wall = rng.uniform(0.35, 0.8) * (1 + 0.12 * rng.standard_normal(3))
    floor = np.array([0.3, 0.2, 0.12]) * rng.uniform(0.6, 2.0)
    image = np.empty((height, width, 3), np.float32)
    horizon = int(height * rng.uniform(0.55, 0.75))
    image[:horizon] = wall
    image[horizon:] = floor
    image *= (1 + 0.15 * noise(rng, height, width, 200))[..., None]
    return image


def lawn(rng: np.random.Generator, height: int, width: int) -> Image:
    """Grass below, trees, sky."""
    image = np.empty((height, width, 3), np.float32)
    horizon = int(height * rng.uniform(0.25, 0.5))
    image[:horizon] = np.linspace([0.35, 0.55, 0.9], [0.7, 0.8, 0.95], horizon)[:, None]
    image[horizon:] = np.array([0.09, 0.17, 0.04]) * rng.uniform(0.7, 1.6)
    image[horizon:] *= (1 + 0.7 * noise(rng, height - horizon, width, 12))[..., None]
    return image


KINDS: dict[str, Callable[[np.random.Generator, int, int], Image]] = {"room": room, "lawn": lawn}


def paint(kind: str, rng: np.random.Generator, height: int, width: int) -> UInt8[np.ndarray, "height width 3"]:
    """A scene of this kind as sRGB bytes."""
    return (to_srgb(np.clip(KINDS[kind](rng, height, width), 0, 1)) * np.float32(255) + np.float32(0.5)).astype(np.uint8)
