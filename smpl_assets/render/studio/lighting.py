"""Light for a person, estimated from the background, so that the two fit."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from smpl_assets.scene import Lighting
from smpl_assets.sensor import to_linear

WORLD_ALBEDO = 0.26
KEY_SHARE = (0.35, 0.75)
DIM = 0.22  # mean linear light below which people are photographed by flash now and then
FLASH_SHARE = 0.35


def estimate_lighting(
    background: UInt8[np.ndarray, "height width 3"], rng: np.random.Generator, shadows: bool = True
) -> Lighting:
    """Ambient light by spherical harmonics and one key light.

    Grey world: what the background reflects, over a mean albedo, is the irradiance; the brightest places say how much light
    there is where most things are dark. Ambient light from above has the colour of the upper part, from below that of the lower
    part; what the camera does not see (behind it) is taken to be like the mean. The key light comes from the brighter side, from
    above and from the camera's half, with a share of the light that grows with the contrast; in dim places it may be a flash.
    """
    small = to_linear(cv2.resize(background, (16, 16), interpolation=cv2.INTER_AREA))
    rows, grey = small.mean(axis=1), small.mean(axis=2)
    columns, average = grey.mean(axis=0), float(grey.mean())
    level = _level(grey, average)
    contrast = float(grey.std()) / (average + 1e-3)
    flash = bool(rng.random() < FLASH_SHARE and average < DIM)
    share = _clipped(rng.uniform(*KEY_SHARE) + 0.25 * (contrast - 0.5) + 0.15 * flash, 0.25, 0.85)
    across = _contrast(float(columns[10:].mean()), float(columns[:6].mean()))
    direction = _flash_direction(rng) if flash else _key_direction(across, rng)
    mean = rows.mean(axis=0)
    harmonics = _ambient((rows[:5].mean(axis=0), mean, rows[11:].mean(axis=0)), (1 - share) * level, across, rng)
    warm = np.array([1.06, 1.0, 0.92]) ** rng.uniform(-0.5, 1.5)
    key = share * 2.3 * level * (0.35 * _hue(mean) + 0.65) * warm
    strength = _clipped(0.35 + 0.6 * share, 0.0, 0.8) if shadows else 0.0
    shadow_direction = _shadow_direction(direction, share)
    return Lighting(harmonics, direction, key.astype(np.float64), 0.85 if shadows else 0.0, strength, shadow_direction)


def _clipped(value: float, low: float, high: float) -> float:
    return float(min(max(value, low), high))  # NumPy's takes ten times as long for a number


def _level(grey: Float[np.ndarray, "rows columns"], mean: float) -> float:
    """Irradiance, so that a white surface in it is about as bright as a photographer would have it."""
    rank = int(0.92 * (grey.size - 1))
    bright = float(np.partition(grey.reshape(-1), rank)[rank])
    return _clipped(0.6 * mean / WORLD_ALBEDO + 0.55 * bright / (bright + 0.25) + 0.25, 0.42, 1.28)


def _hue(colour: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
    """A colour at a mean of one."""
    return colour / max(float(colour.mean()), 1e-3)


def _ambient(
    colours: tuple[np.ndarray, np.ndarray, np.ndarray], level: float, across: float, rng: np.random.Generator
) -> Float[np.ndarray, "9 3"]:
    """Irradiance by harmonics: from above with the sky's colour, from below with the ground's, from the brighter side.

    colours: mean colours (3,) of the picture's upper third, of all of it, and of its lower third.
    """
    sky, mean, ground = colours
    upward = _contrast(float(sky.mean()), float(ground.mean()))
    above, around, below = (level * (0.5 * _hue(c) + 0.5) for c in (sky, mean, ground))
    lean = 0.34 + 0.22 * max(upward, 0.0)
    harmonics = np.zeros((9, 3), np.float32)
    harmonics[0] = 0.5 * around + 0.25 * (above + below)
    harmonics[1] = -0.5 * ((1 + lean) * above - (1 - lean) * below)
    harmonics[2] = -around * rng.uniform(0.0, 0.15)
    harmonics[3] = around * 0.4 * across
    harmonics[6] = -around * 0.04
    return harmonics


def _contrast(a: float, b: float) -> float:
    """-1 .. 1: which of two brightnesses is larger."""
    return float((a - b) / (a + b + 1e-3))


def _key_direction(across: float, rng: np.random.Generator) -> Float[np.ndarray, "3"]:
    """Unit vector towards the key light: mostly from above (-y), from the brighter side, seldom from behind."""
    side = _clipped(1.6 * across + 0.5 * rng.standard_normal(), -1.3, 1.3)
    found = np.array([side, -rng.uniform(0.5, 1.5), -rng.uniform(-0.15, 1.1)])
    return found / np.linalg.norm(found)


def _flash_direction(rng: np.random.Generator) -> Float[np.ndarray, "3"]:
    """Unit vector towards a flash on the camera."""
    found = np.array([rng.uniform(-0.15, 0.15), -rng.uniform(0.05, 0.4), -1.0])
    return found / np.linalg.norm(found)


def _shadow_direction(key: np.ndarray, share: float) -> np.ndarray:
    """Towards what casts the floor's shadow: the key light, drawn upward where ambient light prevails."""
    found = key * share + np.array([0.0, -1.0, 0.0]) * (1 - share)
    return found / np.linalg.norm(found)
