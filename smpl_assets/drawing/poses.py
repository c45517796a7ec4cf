"""Poses over pictures: seen joints filled, hidden ones hollow."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from smpl_assets.labels import HIDDEN, OUTSIDE, SEEN
from smpl_assets.skeletons import Skeleton

_FINE = 3  # drawn this many times larger, then averaged
_SHIFT = 4  # OpenCV's sub-pixel bits
_WHITE = (255, 255, 255)


def draw_pose(
    image: UInt8[np.ndarray, "height width 3"],
    skeleton: Skeleton,
    keypoints: Float[np.ndarray, "joints 2"],
    flags: Int[np.ndarray, " joints"],
    radius: float = 3.4,
) -> UInt8[np.ndarray, "height width 3"]:
    """Limbs and joints over a copy of the image.

    keypoints: px of this image. flags: 2 seen (filled), 1 hidden (hollow, its limbs thin), 0 not drawn. radius: of a joint, px.
    """
    height, width = image.shape[:2]
    canvas = cv2.resize(image, (width * _FINE, height * _FINE), interpolation=cv2.INTER_LINEAR)
    points = [_fixed(p * _FINE) for p in keypoints]
    for a, b in skeleton.limb_indices:
        if flags[a] and flags[b]:
            thick = radius * (0.9 if flags[a] == flags[b] == SEEN else 0.35)
            cv2.line(canvas, points[a], points[b], _WHITE, _px(thick + 0.8), cv2.LINE_AA, _SHIFT)
            cv2.line(canvas, points[a], points[b], skeleton.colours[b], _px(thick), cv2.LINE_AA, _SHIFT)
    for joint, colour in enumerate(skeleton.colours):
        if flags[joint] == SEEN:
            _disc(canvas, points[joint], radius + 0.7, _WHITE, -1)
            _disc(canvas, points[joint], radius, colour, -1)
        elif flags[joint] == HIDDEN:
            _disc(canvas, points[joint], radius, _WHITE, _px(2.2))
            _disc(canvas, points[joint], radius, colour, _px(1.3))
    return cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)


def pose_flags(annotated: Bool[np.ndarray, "*joints"], visible: Bool[np.ndarray, "*joints"]) -> Int[np.ndarray, "*joints"]:
    """What `draw_pose` draws of annotated joints: seen where visible, else hidden."""
    return np.where(visible, SEEN, np.where(annotated, HIDDEN, OUTSIDE))


def moved(points: Float[np.ndarray, "joints 2"], affine: Float[np.ndarray, "2 3"]) -> Float[np.ndarray, "joints 2"]:
    """Points after an affine map of px."""
    return points @ affine[:, :2].T + affine[:, 2]


def _disc(canvas: np.ndarray, centre: tuple[int, int], radius: float, colour: tuple[int, int, int], thickness: int) -> None:
    cv2.circle(canvas, centre, round(radius * _FINE * 2**_SHIFT), colour, thickness, cv2.LINE_AA, _SHIFT)


def _fixed(point: np.ndarray) -> tuple[int, int]:
    """Continuous px as OpenCV's fixed point numbers, which count from pixel centres."""
    x, y = np.clip(np.round((point - 0.5) * 2**_SHIFT), -(2**24), 2**24)
    return int(x), int(y)


def _px(width: float) -> int:
    return max(1, round(width * _FINE))
