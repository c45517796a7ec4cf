"""What augmentation does to the colours of a crop."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from training.feeds.jitter import Jitter

Image = UInt8[np.ndarray, "height width 3"]


def recolour(image: Image, jitter: Jitter) -> Image:
    """Apply the jitter's gains and contrast."""
    if jitter.contrast == 1.0 and jitter.gains == (1.0, 1.0, 1.0):
        return image
    values = (np.arange(256, dtype=np.float32)[:, None] - 128.0) * jitter.contrast + 128.0
    table = np.clip(np.rint(values * np.array(jitter.gains, np.float32)), 0, 255).astype(np.uint8)
    return cv2.LUT(image, table[None])


def blurred(image: Image, rng: np.random.Generator, probability: float) -> Image:
    """With a probability out of focus: a Gaussian of 0.4 to 1.6 px."""
    if rng.random() >= probability:
        return image
    return cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.6))


def noisy(image: Image, rng: np.random.Generator, probability: float) -> Image:
    """With a probability as of a cheap sensor: Gaussian noise of 2 to 12 of 255."""
    if rng.random() >= probability:
        return image
    noise = rng.standard_normal(image.shape, np.float32) * np.float32(rng.uniform(2.0, 12.0))
    return np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)


def cut_out(image: Image, joints: Float[np.ndarray, "joints 2"], rng: np.random.Generator, probability: float) -> Image:
    """With a probability hide what is about one of the joints that the crop shows (px of it) behind a rectangle of one colour.

    Its sides are 0.1 to 0.4 of the crop's; its middle lies within half a side of the joint.
    """
    if rng.random() >= probability:
        return image
    size_wh = np.array([image.shape[1], image.shape[0]])
    shown = joints[((joints >= 0) & (joints <= size_wh)).all(1)]
    if not len(shown):
        return image
    size = rng.uniform(0.1, 0.4, 2) * size_wh
    corner = shown[rng.integers(len(shown))] - size * rng.random(2)
    (left, top), (right, bottom) = np.maximum(np.rint([corner, corner + size]), 0).astype(int).tolist()
    hidden = image.copy()
    hidden[top:bottom, left:right] = rng.integers(0, 256, 3)
    return hidden
