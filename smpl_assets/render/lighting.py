"""Light for a person, estimated from the background, so that the two fit."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from smpl_assets.scene import Lighting
from smpl_assets.sensor import to_linear

WORLD_ALBEDO = 0.3
KEY_SHARE = (0.35, 0.7)


def estimate_lighting(
    background: UInt8[np.ndarray, "height width 3"], rng: np.random.Generator, shadows: bool = True
) -> Lighting:
    """Ambient light by spherical harmonics and one key light.

    Grey world: what the background reflects, over a mean albedo of 0.3, is the irradiance. Its left-right and top-bottom
    gradients turn the light; what the camera does not see (behind it) is taken to be like the mean. The key light comes from
    the brighter side, from above and from the camera's half, with a share of the light that grows with the contrast.
    """
    small = to_linear(cv2.resize(background, (16, 16), interpolation=cv2.INTER_AREA))
    mean = small.reshape(-1, 3).mean(axis=0)
    level = float(np.clip(mean.mean() / WORLD_ALBEDO, 0.4, 1.25))
    tint = mean / max(float(mean.mean()), 1e-3)
    colour = level * (0.45 * tint + 0.55)
    grey = small.mean(axis=2)
    across = _contrast(float(grey[:, 10:].mean()), float(grey[:, :6].mean()))
    upward = _contrast(float(grey[:5].mean()), float(grey[11:].mean()))
    share = float(np.clip(rng.uniform(*KEY_SHARE) + 0.2 * (grey.std() / (grey.mean() + 1e-3) - 0.5), 0.2, 0.8))
    direction = _key_direction(across, rng)
    ambient = (1 - share) * colour
    harmonics = np.zeros((9, 3), np.float32)
    harmonics[0] = ambient
    harmonics[1] = -ambient * (0.28 + 0.25 * max(upward, 0.0))
    harmonics[3] = ambient * 0.35 * across
    harmonics[2] = -ambient * rng.uniform(0.0, 0.15)
    harmonics[6] = -ambient * 0.04
    warm = np.array([1.06, 1.0, 0.92]) ** rng.uniform(-0.5, 1.5)
    key = share * 2.2 * level * (0.35 * tint + 0.65) * warm
    strength = float(np.clip(0.35 + 0.6 * share, 0, 0.8)) if shadows else 0.0
    shadow_direction = _shadow_direction(direction, share)
    return Lighting(harmonics, direction, key.astype(np.float64), 0.85 if shadows else 0.0, strength, shadow_direction)


def _contrast(a: float, b: float) -> float:
    """-1 .. 1: which of two brightnesses is larger."""
    return float((a - b) / (a + b + 1e-3))


def _key_direction(across: float, rng: np.random.Generator) -> Float[np.ndarray, "3"]:
    """Unit vector towards the key light: mostly from above (-y), from the brighter side, seldom from behind."""
    side = np.clip(1.6 * across + 0.5 * rng.standard_normal(), -1.3, 1.3)
    found = np.array([side, -rng.uniform(0.5, 1.5), -rng.uniform(-0.15, 1.1)])
    return found / np.linalg.norm(found)


def _shadow_direction(key: np.ndarray, share: float) -> np.ndarray:
    """Towards what casts the floor's shadow: the key light, drawn upward where ambient light prevails."""
    found = key * share + np.array([0.0, -1.0, 0.0]) * (1 - share)
    return found / np.linalg.norm(found)
