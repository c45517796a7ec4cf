"""Poses over photographs: seen joints filled, hidden ones hollow."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float, Int, UInt8

from smpl_assets.skeletons import Skeleton

_FINE = 3  # drawn this many times larger, then averaged
_SHIFT = 4  # OpenCV's sub-pixel bits
SEEN, HIDDEN = 2, 1


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
            cv2.line(canvas, points[a], points[b], (255, 255, 255), _px(thick + 0.8), cv2.LINE_AA, _SHIFT)
            cv2.line(canvas, points[a], points[b], skeleton.colours[b], _px(thick), cv2.LINE_AA, _SHIFT)
    for joint, colour in enumerate(skeleton.colours):
        if flags[joint] == SEEN:
            _disc(canvas, points[joint], radius + 0.7, (255, 255, 255), -1)
            _disc(canvas, points[joint], radius, colour, -1)
        elif flags[joint] == HIDDEN:
            _disc(canvas, points[joint], radius, (255, 255, 255), _px(2.2))
            _disc(canvas, points[joint], radius, colour, _px(1.3))
    return cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)


def square_crop(
    image: UInt8[np.ndarray, "height width 3"], bbox_xywh: Float[np.ndarray, " 4"], side: int, margin: float = 0.15
) -> tuple[UInt8[np.ndarray, "side side 3"], Float[np.ndarray, "2 3"]]:
    """A square of `side` px around a box, grey outside the image, and the affine that takes image px into it."""
    x, y, width, height = bbox_xywh
    reach = max(width, height) * (1 + 2 * margin)
    scale = side / reach
    left, top = x + width / 2 - reach / 2, y + height / 2 - reach / 2
    affine = np.array([[scale, 0.0, -left * scale], [0.0, scale, -top * scale]])
    pixel = affine.copy()
    pixel[:, 2] += 0.5 * scale - 0.5  # OpenCV counts from pixel centres
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.warpAffine(image, pixel, (side, side), flags=kind, borderValue=(128, 128, 128)), affine


def moved(points: Float[np.ndarray, "joints 2"], affine: Float[np.ndarray, "2 3"]) -> Float[np.ndarray, "joints 2"]:
    """Points after an affine map of px."""
    return points @ affine[:, :2].T + affine[:, 2]


def sheet(tiles: list[UInt8[np.ndarray, "side side 3"]], columns: int, gap: int = 4) -> UInt8[np.ndarray, "height width 3"]:
    """Tiles of one size in rows on white."""
    side = tiles[0].shape[0]
    rows = -(-len(tiles) // columns)
    canvas = np.full((rows * (side + gap) - gap, columns * (side + gap) - gap, 3), 255, np.uint8)
    for index, tile in enumerate(tiles):
        top, left = (index // columns) * (side + gap), (index % columns) * (side + gap)
        canvas[top : top + side, left : left + side] = tile
    return canvas


def _disc(canvas: np.ndarray, centre: tuple[int, int], radius: float, colour: tuple[int, int, int], thickness: int) -> None:
    cv2.circle(canvas, centre, round(radius * _FINE * 2**_SHIFT), colour, thickness, cv2.LINE_AA, _SHIFT)


def _fixed(point: np.ndarray) -> tuple[int, int]:
    """Continuous px as OpenCV's fixed point numbers, which count from pixel centres."""
    x, y = np.clip(np.round((point - 0.5) * 2**_SHIFT), -(2**24), 2**24)
    return int(x), int(y)


def _px(width: float) -> int:
    return max(1, round(width * _FINE))
