"""The lens and the film of the built-in places: depth of field, bloom, vignette, exposure, colour cast, contrast."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float, Float32, UInt8

from smpl_assets.sensor import shoulder, to_srgb
from tools.paint_places.view import Real, View

_RADII_PX = np.array([0.0, 1.3, 2.7, 5.0, 8.5], np.float32)


def aperture(rng: np.random.Generator) -> float:
    """Blur (px) of the far: from a telephone's lens to a portrait lens."""
    return float(rng.choice([rng.uniform(0.3, 1.5), rng.uniform(1.5, 4.5), rng.uniform(4.5, 9)], p=[0.35, 0.4, 0.25]))


def finish(
    view: View, rng: np.random.Generator, focus_m: Real, far_px: Real, exposure: Real
) -> UInt8[np.ndarray, "height width 3"]:
    """A picture of the view, sRGB bytes.

    focus_m: what is sharp; far_px: radius of the blur of what is infinitely far; exposure: of the median, linear.
    """
    image = depth_of_field(view, focus_m, far_px)
    image = image + rng.uniform(0.02, 0.10) * cv2.GaussianBlur(np.clip(image - 0.7, 0, 4), (0, 0), 14)
    image = image * _vignette(view, rng)
    middle = float(np.median(image.mean(axis=2)))
    image = image * np.float32(exposure / max(middle, 0.015)) ** 0.7
    return _film(_cast(image, view.light.on(np.array([0.0, 1.0, 0.0])), rng), rng)


def depth_of_field(view: View, focus_m: Real, far_px: Real) -> Float32[np.ndarray, "height width 3"]:
    """Blur by discs in linear light, so that lights out of focus become spots; a trace of softness everywhere."""
    image = cv2.GaussianBlur(view.colour, (0, 0), 0.5)
    spread = np.minimum(far_px * np.abs(1 - focus_m / np.maximum(view.depth, 0.3)), _RADII_PX[-1]).astype(np.float32)
    smooth = cv2.GaussianBlur(spread, (0, 0), 1.5)
    place = np.interp(smooth, _RADII_PX, np.arange(len(_RADII_PX))).astype(np.float32)
    total = np.zeros_like(image)
    for k, radius in enumerate(_RADII_PX):
        share = np.clip(1 - np.abs(place - k), 0, 1)
        if share.any():
            total += share[..., None] * (_disc(image, float(radius)) if k else image)
    return total


def _disc(image: Float32[np.ndarray, "height width 3"], radius: float) -> Float32[np.ndarray, "height width 3"]:
    half = int(np.ceil(radius))
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    kernel = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    return cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT)


def _vignette(view: View, rng: np.random.Generator) -> Float32[np.ndarray, "height width 1"]:
    height, width = view.depth.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    corner = (x / width - 0.5) ** 2 + (y / height - 0.5) ** 2
    return (1 - np.float32(rng.uniform(0.1, 0.7)) * corner)[..., None]


def _cast(
    image: Float32[np.ndarray, "height width 3"], light: Float[np.ndarray, "3"], rng: np.random.Generator
) -> Float32[np.ndarray, "height width 3"]:
    """White balance for most of the light's colour, gone slightly wrong, mostly to the warm side; saturation of this camera."""
    wrong = 0.07 * rng.normal(0.4, 1.0) * np.array([1.0, 0.1, -1.0]) + 0.02 * rng.standard_normal(3)
    balance = np.exp(wrong) * (light.mean() / light) ** 0.7
    grey = image.mean(axis=2, keepdims=True)
    return np.maximum(grey + np.float32(rng.uniform(0.85, 1.3)) * (image * balance.astype(np.float32) - grey), 0)


def _film(image: Float32[np.ndarray, "height width 3"], rng: np.random.Generator) -> UInt8[np.ndarray, "height width 3"]:
    """Contrast about a middle grey, blown highlights, veiled or deep shadows, the sharpening that cameras do."""
    image = np.maximum(image - np.float32(rng.uniform(0.4, 0.95)) * np.quantile(image[::4, ::4].min(axis=2), 0.01), 0)
    pivot = np.float32(max(float(np.median(image[::4, ::4])), 0.05))
    image = pivot * (image / pivot) ** np.float32(rng.uniform(1.2, 1.65))
    image = image + np.float32(0.02 * rng.random() ** 2)
    picture = to_srgb(shoulder(image.astype(np.float32)))
    picture = picture + np.float32(rng.uniform(0.2, 1.1)) * (picture - cv2.GaussianBlur(picture, (0, 0), 1.0))
    return (np.clip(picture, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8)
