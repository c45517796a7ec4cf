"""Flow maps as colours: hue is the direction, saturation how sure (fig 5.3)."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float, UInt8

Image = UInt8[np.ndarray, "_ _ 3"]


def flow_colours(flow: Float[np.ndarray, "2 rows columns"]) -> UInt8[np.ndarray, "rows columns 3"]:
    """RGB of vectors (x to the right, y downwards): white where there is none, full colour at length 1 and beyond.

    Right is red, down yellow-green, left cyan, up violet.
    """
    x, y = flow.astype(np.float32)
    hue = (np.degrees(np.arctan2(y, x)) % 360).astype(np.float32)
    strength = np.clip(np.hypot(x, y), 0, 1).astype(np.float32)
    rgb = cv2.cvtColor(np.stack([hue, strength, np.ones_like(hue)], axis=2), cv2.COLOR_HSV2RGB)
    return np.round(255 * rgb).astype(np.uint8)


def colour_wheel(side: int) -> UInt8[np.ndarray, "side side 3"]:
    """The key of `flow_colours`: each direction where it points to from the middle; white outside the circle."""
    middle = (np.arange(side) + 0.5) / side * 2 - 1
    x, y = np.meshgrid(middle, middle)
    inside = np.hypot(x, y) <= 1
    return flow_colours(np.where(inside, np.stack([x, y]), 0.0))


def strongest(flow: Float[np.ndarray, "limbs 2 rows columns"]) -> Float[np.ndarray, "2 rows columns"]:
    """Of all limbs' vectors of a cell the longest."""
    best = np.linalg.norm(flow, axis=1).argmax(0)
    return np.take_along_axis(flow, best[None, None], axis=0)[0]


def over_picture(image: Image, flow: Float[np.ndarray, "2 rows columns"], stride: int) -> Image:
    """The map over a pale picture, one cell `stride` px wide, with the wheel in the corner."""
    height, width = image.shape[:2]
    colours = cv2.resize(flow_colours(flow), None, fx=stride, fy=stride, interpolation=cv2.INTER_NEAREST)[:height, :width]
    shown = np.pad(colours, ((0, height - colours.shape[0]), (0, width - colours.shape[1]), (0, 0)), constant_values=255)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None].astype(np.float64)
    canvas = np.round((160 + grey * 0.37) * (shown / 255.0)).clip(0, 255).astype(np.uint8)
    side = max(16, min(height, width) // 6)
    canvas[2 : 2 + side, width - side - 2 : width - 2] = colour_wheel(side)
    return canvas
