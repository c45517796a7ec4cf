"""How MPII says where a person is: a square of 200 px x scale, whose middle lies 15 px x scale below `center`."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

PERSON_PX = 200.0  # a person of scale 1
SHIFT_PX = 15.0

Boxes = Float[np.ndarray, "boxes 4"]
Scales = Float[np.ndarray, " boxes"]
Centers = Float[np.ndarray, "boxes 2"]


def mpii_region(boxes_xywh: Boxes) -> tuple[Centers, Scales]:
    """Centre (px) and scale whose region is the square about each box."""
    scale = boxes_xywh[:, 2:].max(1, initial=0.0) / PERSON_PX
    return center_over(boxes_xywh, scale), scale


def center_over(boxes_xywh: Boxes, scale: Scales) -> Centers:
    """Centre (px) of people of these scales whose region has the box's middle."""
    return boxes_xywh[:, :2] + boxes_xywh[:, 2:] / 2 - np.stack([0 * scale, SHIFT_PX * scale], axis=1)


def region_middle(center: Centers, scale: Scales) -> Centers:
    """The middle (px) of the region."""
    return center + np.stack([0 * scale, SHIFT_PX * scale], axis=1)
