"""Surroundings and camera of the made set: dead leaves instead of places, and a cheap sensor of its own."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import UInt8

from benchmarks.made_looks import colour
from smpl_assets.pictures import encode_jpeg

LEAVES = (15, 90)
JPEG_QUALITY = (25, 65)


def dead_leaves(rng: np.random.Generator, side: int) -> UInt8[np.ndarray, "side side 3"]:
    """Discs and polygons of all sizes, one hiding the other (Lee, Mumford and Huang, IJCV 2001), rough and more or less in focus.

    A picture has six paints, brighter towards one side.
    """
    paints = [255 * colour(rng, (0.0, 0.5), (0.25, 0.95)) for _ in range(6)]
    image: np.ndarray = np.tile(paints[0].astype(np.float32), (side, side, 1))
    for _ in range(int(rng.integers(*LEAVES))):
        middle, radius = rng.uniform(0, side, 2), side * 0.05 / np.sqrt(rng.uniform(0.01, 1))
        paint = tuple(paints[rng.integers(6)] * rng.uniform(0.7, 1.1))
        if rng.random() < 0.4:
            cv2.circle(image, tuple(int(v) for v in middle), int(radius), paint, -1, cv2.LINE_8)
            continue
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 7))))
        outline = middle + radius * np.stack([np.cos(angles), np.sin(angles)], 1) * rng.uniform(0.5, 1.8, 2)
        cv2.fillPoly(image, [outline.astype(np.int32)], paint, cv2.LINE_8)
    noise = (rng.standard_normal((cells, cells)).astype(np.float32) for cells in (2, 6, 24, 80))
    rough = sum(cv2.resize(n, (side, side), interpolation=cv2.INTER_CUBIC) for n in noise)
    image *= np.exp(np.float32(rng.uniform(0.03, 0.15)) * rough)[..., None]
    image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 3.0))
    return np.clip(image, 0, 255).astype(np.uint8)


def photograph(image: UInt8[np.ndarray, "height width 3"], rng: np.random.Generator) -> bytes:
    """A picture (sRGB) as the made set's camera stores it.

    Lens: blur of unlike width along rows and columns, dark corners. Sensor: it meters the mean, give or take; a cast between
    red and blue, noise that grows with the light, rows that differ, a tone curve of its own. Processing: sharpened with
    halos, JPEG of low quality.
    """
    height, width = image.shape[:2]
    light: np.ndarray = (image.astype(np.float32) / 255) ** np.float32(2.2)
    light = cv2.GaussianBlur(light, (0, 0), sigmaX=rng.uniform(0.3, 1.3), sigmaY=rng.uniform(0.3, 1.3))
    rows, columns = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light *= (1 - rng.uniform(0, 0.3) * (rows**2 + columns**2)).astype(np.float32)[..., None]
    warm, meter = rng.uniform(-0.3, 0.3), 0.25 * 2 ** rng.uniform(-0.7, 0.7) / max(float(light.mean()), 0.02)
    light *= (meter * np.array([1 + warm, 1.0, 1 - warm])).astype(np.float32)
    grain = rng.standard_normal(light.shape, np.float32)
    light += np.float32(rng.uniform(0.005, 0.05)) * np.sqrt(np.maximum(light, 0) + np.float32(0.003)) * grain
    light *= (1 + rng.uniform(0, 0.06) * rng.standard_normal((height, 1, 1))).astype(np.float32)
    value = np.clip(light, 0, 1) ** np.float32(1 / rng.uniform(1.7, 2.8))
    slope = np.float32(rng.uniform(0, 0.8))
    value = (1 - slope) * value + slope * value * value * (3 - 2 * value)
    value += np.float32(rng.uniform(0, 1.2)) * (value - cv2.GaussianBlur(value, (0, 0), 1.5))
    return encode_jpeg(np.rint(255 * np.clip(value, 0, 1)).astype(np.uint8), int(rng.integers(*JPEG_QUALITY)))
