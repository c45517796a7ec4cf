"""Boxes about people's joints."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from training.tracking.people import People

Boxes = Float[np.ndarray, "people 4"]


def boxes(people: People, grow: float) -> Boxes:
    """x0, y0, x1, y1 (px) of the joints' extent, `grow` times as large about its centre; NaN for who has no joint."""
    there = people.present[..., None]
    low = np.where(there, people.keypoints, np.inf).min(1, initial=np.inf)
    high = np.where(there, people.keypoints, -np.inf).max(1, initial=-np.inf)
    with np.errstate(invalid="ignore"):
        centre, half = (low + high) / 2, (high - low) / 2 * grow
        return np.concatenate([centre - half, centre + half], axis=1)


def iou(before: Boxes, after: Float[np.ndarray, "others 4"]) -> Float[np.ndarray, "people others"]:
    """Intersection over union; 0 where a box is none."""
    low = np.maximum(before[:, None, :2], after[None, :, :2])
    high = np.minimum(before[:, None, 2:], after[None, :, 2:])
    common = np.maximum(high - low, 0.0).prod(2)
    one, other = ((b[:, 2:] - b[:, :2]).prod(1) for b in (before, after))
    union = one[:, None] + other[None, :] - common
    return np.divide(common, union, out=np.zeros_like(common), where=union > 0)
