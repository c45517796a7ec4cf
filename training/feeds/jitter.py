"""One draw of the training augmentation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Jitter:
    """One draw of the training augmentation; the default changes nothing.

    scale: factor on the crop's side. rotation_deg: counter-clockwise as seen. shift: (x, y) as shares of the crop's side.
    flip: mirror the crop. gains: per-channel RGB factors; contrast: factor about the middle grey.
    """

    scale: float = 1.0
    rotation_deg: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)
    flip: bool = False
    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)
    contrast: float = 1.0


def draw_jitter(
    rng: np.random.Generator,
    scale_range: float = 0.3,
    rotation_deg: float = 40.0,
    rotation_probability: float = 0.6,
    flip: bool = True,
    shift: float = 0.0,
    colour: float = 0.0,
) -> Jitter:
    """Draw an augmentation as Simple Baselines: scale and rotation uniform in +-range, flip in half of the cases."""
    scale = 1.0 + rng.uniform(-scale_range, scale_range)
    rotates, angle = rng.random() < rotation_probability, rng.uniform(-rotation_deg, rotation_deg)
    dx, dy = rng.uniform(-shift, shift, 2)
    mirrors = bool(rng.random() < 0.5) and flip
    light, contrast = 1.0 + rng.uniform(-colour, colour, 2)
    red, green, blue = (float(v) for v in light * (1.0 + rng.uniform(-colour, colour, 3) / 3))
    turned = float(angle) if rotates else 0.0
    return Jitter(scale, turned, (float(dx), float(dy)), mirrors, (red, green, blue), float(contrast))
