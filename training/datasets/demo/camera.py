"""The demo set's own camera: what makes its pictures differ from raw renders, as photographs do."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt8

from smpl_assets.pictures import encode_jpeg
from smpl_assets.sensor import SensorSpec


@dataclass(frozen=True)
class Development:
    """How a picture is developed after the sensor.

    contrast: slope of the tone curve at mid grey; lift: black level; saturation: factor; warmth: red over blue;
    vignette: darkening in the corners; softness_px: lens blur of the whole picture; sharpen: halo strength; jpeg_quality.
    """

    contrast: float
    lift: float
    saturation: float
    warmth: float
    vignette: float
    softness_px: float
    sharpen: float
    jpeg_quality: int


def draw_sensor(rng: np.random.Generator, seed: int) -> SensorSpec:
    """Exposure, defocus, motion and noise of one picture; noisier than the render stage's default."""
    moving = rng.random() < 0.08
    return SensorSpec(
        exposure=float(2 ** rng.uniform(-0.35, 0.35)), defocus_px=float(rng.uniform(0.2, 0.8)),
        motion_px=float(rng.uniform(1.5, 4.0)) if moving else 0.0, motion_rad=float(rng.uniform(0, np.pi)),
        noise=float(rng.uniform(2.0, 6.0)), chroma=0.6, seed=seed,
    )  # fmt: skip


def draw_development(rng: np.random.Generator) -> Development:
    """One development: warm, a little faded and vignetted, as a common small camera's."""
    return Development(
        contrast=float(rng.uniform(1.0, 1.35)), lift=float(rng.uniform(0.01, 0.06)), saturation=float(rng.uniform(0.65, 1.05)),
        warmth=float(rng.uniform(0.98, 1.14)), vignette=float(rng.uniform(0.05, 0.3)), softness_px=float(rng.uniform(0.25, 0.6)),
        sharpen=float(rng.uniform(0.1, 0.5)), jpeg_quality=int(rng.integers(55, 86)),
    )  # fmt: skip


def develop(image: UInt8[np.ndarray, "height width 3"], how: Development) -> bytes:
    """Develop an RGB picture and encode it as JPEG."""
    height, width = image.shape[:2]
    light: np.ndarray = cv2.GaussianBlur(image.astype(np.float32) * np.float32(1 / 255), (0, 0), how.softness_px)
    grey = light @ np.array([0.299, 0.587, 0.114], np.float32)
    light = grey[..., None] + how.saturation * (light - grey[..., None])
    light = light * np.array([how.warmth, 1.0, 1 / how.warmth], np.float32)
    light = np.clip(0.5 + how.contrast * (light - 0.5), 0, 1)
    light = how.lift + (1 - how.lift) * light * light * (3 - 2 * light) * 0.35 + (1 - how.lift) * 0.65 * light
    rows, columns = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light = light * (1 - how.vignette * 0.5 * (rows**2 + columns**2)).astype(np.float32)[..., None]
    light = light + how.sharpen * (light - cv2.GaussianBlur(light, (0, 0), 1.2))
    finished = (np.clip(light, 0, 1) * 255 + 0.5).astype(np.uint8)
    return encode_jpeg(finished, how.jpeg_quality)
