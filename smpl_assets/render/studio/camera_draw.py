"""Sensors drawn per sample, after the settings and the target photographs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from smpl_assets.render.settings import RenderSettings
from smpl_assets.sensor import PhotoStatistics, SensorSpec, photo_statistics

MEASURED_PHOTOS = 48


def monochrome(image: UInt8[np.ndarray, "h w 3"]) -> bool:
    """Whether a photograph is black and white."""
    red, green, blue = cv2.split(np.ascontiguousarray(image[::4, ::4]))
    spread = cv2.subtract(cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue))
    return bool(np.count_nonzero(spread >= 8) <= 0.02 * spread.size)


class SensorDraw:
    """Draws a SensorSpec per sample; with `match`, noise and JPEG quality follow the target photographs where there are any."""

    def __init__(self, settings: RenderSettings, photos: Sequence[Path]) -> None:
        self.settings = settings
        chosen = sorted(photos)[:: max(1, len(photos) // MEASURED_PHOTOS)][:MEASURED_PHOTOS] if settings.sensor.match else []
        found = photo_statistics(chosen)
        self.photos: PhotoStatistics | None = found if len(found) else None

    def draw(self, rng: np.random.Generator, background: UInt8[np.ndarray, "h w 3"], captured: bool, seed: int) -> SensorSpec:
        """One camera.

        `captured` backgrounds went through one already, so white balance and exposure only drift a little; they may be black and
        white, where painted snow is merely grey.
        """
        s = self.settings.sensor
        calm = 0.4 if captured else 1.0
        red, blue = 1 + s.white_balance * calm * rng.uniform(-1, 1, 2)
        noise, quality = (
            rng.uniform(*s.noise),
            int(rng.integers(self.settings.jpeg_quality[0], self.settings.jpeg_quality[1] + 1)),
        )
        if self.photos is not None:
            row = int(rng.integers(len(self.photos)))
            noise = float(self.photos.noise[row])
            quality = int(self.photos.jpeg_quality[row]) or quality
        moving = rng.random() < s.motion_share
        return SensorSpec(
            exposure=float(2 ** (s.exposure_stops * calm * rng.uniform(-1, 1))),
            white_balance=(float(red), 1.0, float(blue)),
            defocus_px=float(s.defocus_px * rng.random()),
            motion_px=float(s.motion_px * rng.random()) if moving else 0.0,
            motion_rad=float(rng.uniform(0, np.pi)),
            noise=float(noise),
            saturation=0.0 if captured and monochrome(background) else 1.0,
            jpeg_quality=int(np.clip(quality, 30, 100)),
            seed=seed,
        )
