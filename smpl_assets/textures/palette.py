"""Colours as photographs show them: skin over the whole human range, hair, eyes, and what cloth is really dyed in."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32

Colour = Float32[np.ndarray, "3"]

# Diffuse skin colours (sRGB) along the melanin axis, fair to dark, after the ten shades of the Monk scale.
_SKIN = np.array([
    (0.91, 0.76, 0.67), (0.88, 0.71, 0.60), (0.84, 0.65, 0.53), (0.78, 0.58, 0.45), (0.71, 0.51, 0.38),
    (0.62, 0.44, 0.33), (0.52, 0.35, 0.26), (0.42, 0.28, 0.21), (0.33, 0.22, 0.17), (0.25, 0.17, 0.14),
])  # fmt: skip
# Hair, with how common each is on fair skin and on dark skin.
_HAIR = (
    ((0.055, 0.048, 0.045), 0.22, 0.72), ((0.12, 0.085, 0.065), 0.26, 0.20), ((0.22, 0.15, 0.10), 0.20, 0.04),
    ((0.36, 0.26, 0.17), 0.12, 0.0), ((0.60, 0.48, 0.31), 0.09, 0.0), ((0.76, 0.66, 0.48), 0.04, 0.0),
    ((0.38, 0.17, 0.09), 0.03, 0.0), ((0.55, 0.54, 0.53), 0.05, 0.04),
)  # fmt: skip
_IRIS = ((0.23, 0.14, 0.09), (0.30, 0.20, 0.12), (0.34, 0.33, 0.20), (0.36, 0.46, 0.54))
# Cloth as hue range (degrees), saturation range, value range, how often it is worn; mostly neutrals, as in the street.
_CLOTH = {
    "black": ((0.0, 360.0), (0.00, 0.15), (0.05, 0.14), 0.13),
    "grey": ((200.0, 250.0), (0.00, 0.10), (0.20, 0.66), 0.15),
    "white": ((30.0, 60.0), (0.00, 0.07), (0.78, 0.92), 0.14),
    "navy": ((212.0, 232.0), (0.35, 0.70), (0.16, 0.34), 0.09),
    "blue": ((203.0, 222.0), (0.30, 0.65), (0.38, 0.72), 0.11),
    "earth": ((18.0, 42.0), (0.22, 0.50), (0.28, 0.66), 0.11),
    "olive": ((55.0, 100.0), (0.20, 0.45), (0.26, 0.48), 0.06),
    "red": ((348.0, 366.0), (0.55, 0.85), (0.38, 0.70), 0.07),
    "rose": ((330.0, 360.0), (0.15, 0.40), (0.62, 0.85), 0.04),
    "green": ((120.0, 175.0), (0.25, 0.60), (0.26, 0.56), 0.04),
    "yellow": ((38.0, 52.0), (0.40, 0.75), (0.65, 0.85), 0.025),
    "orange": ((12.0, 26.0), (0.50, 0.80), (0.55, 0.80), 0.02),
    "purple": ((262.0, 305.0), (0.20, 0.50), (0.28, 0.60), 0.025),
}
_DENIM = ((205.0, 222.0), (0.28, 0.55), (0.20, 0.52))


def skin_colour(rng: np.random.Generator) -> tuple[Colour, float]:
    """A skin colour (sRGB, 0..1) drawn evenly over the melanin axis, and where on it: 0 fair .. 1 dark."""
    melanin = float(rng.uniform())
    colour = np.array([np.interp(melanin * (len(_SKIN) - 1), np.arange(len(_SKIN)), channel) for channel in _SKIN.T])
    warmth = rng.normal(0, 0.014)
    return np.clip(colour * rng.uniform(0.95, 1.04) + np.array([warmth, 0, -warmth]), 0, 1).astype(np.float32), melanin


def hair_colour(rng: np.random.Generator, melanin: float) -> Colour:
    """A natural hair colour; fair ones go with fair skin."""
    share = np.array([(1 - melanin) * fair + melanin * dark for _, fair, dark in _HAIR])
    chosen = _HAIR[int(rng.choice(len(_HAIR), p=share / share.sum()))][0]
    return np.clip(np.array(chosen) * rng.uniform(0.8, 1.25), 0, 1).astype(np.float32)


def iris_colour(rng: np.random.Generator, melanin: float) -> Colour:
    """Brown, more often the darker the skin."""
    light = rng.random() < 0.55 * (1 - melanin)
    return np.array(_IRIS[int(rng.integers(2, 4)) if light else int(rng.integers(0, 2))], np.float32)


def cloth_colour(rng: np.random.Generator, avoid: Colour | None = None) -> Colour:
    """A dye; with `avoid` one that can be told from it."""
    names = list(_CLOTH)
    share = np.array([_CLOTH[n][3] for n in names])
    for _ in range(6):
        hue, saturation, value, _share = _CLOTH[names[int(rng.choice(len(names), p=share / share.sum()))]]
        colour = _from_hsv(rng, hue, saturation, value)
        if avoid is None or np.abs(colour - avoid).max() > 0.15:
            break
    return colour


def denim_colour(rng: np.random.Generator) -> Colour:
    """Indigo, from raw to washed out."""
    return _from_hsv(rng, *_DENIM)


def leather_colour(rng: np.random.Generator) -> Colour:
    """Black, brown, tan, white or a sports shoe's dye."""
    kind = rng.random()
    if kind < 0.45:
        return _from_hsv(rng, (0.0, 360.0), (0.0, 0.1), (0.06, 0.16))
    if kind < 0.65:
        return _from_hsv(rng, (18.0, 32.0), (0.35, 0.6), (0.20, 0.50))
    if kind < 0.85:
        return _from_hsv(rng, (30.0, 60.0), (0.0, 0.06), (0.78, 0.92))
    return cloth_colour(rng)


def _from_hsv(
    rng: np.random.Generator, hue: tuple[float, float], saturation: tuple[float, float], value: tuple[float, float]
) -> Colour:
    hsv = np.array([[[rng.uniform(*hue) % 360, rng.uniform(*saturation), rng.uniform(*value)]]], np.float32)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0]
