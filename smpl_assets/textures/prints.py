"""Prints on the chest: words, emblems, numbers, pictures, as shares of a second colour."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float
from scipy.ndimage import map_coordinates

from smpl_assets.textures.base_mesh import Points

_CELLS = 96
_WIDTH_M = 0.24
_CENTRE_M = 0.36
_WORDS = (
    "NORTH", "84", "CLUB", "RUN", "LAKE", "07", "WAVE", "PARK", "23", "TEAM", "SUMMER", "EST 1987", "COAST", "10", "ROAD",
    "HOME",
)  # fmt: skip


def _word(canvas: np.ndarray, rng: np.random.Generator) -> None:
    text = _WORDS[int(rng.integers(len(_WORDS)))]
    font = cv2.FONT_HERSHEY_DUPLEX
    scale = 0.95 * _CELLS / cv2.getTextSize(text, font, 1.0, 3)[0][0]
    scale = min(scale, 2.0)
    (width, height), _ = cv2.getTextSize(text, font, scale, 5)
    cv2.putText(canvas, text, ((_CELLS - width) // 2, (_CELLS + height) // 2 - 8), font, scale, 255, 5, cv2.LINE_AA)
    if rng.random() < 0.5:
        cv2.rectangle(canvas, (18, 62), (78, 66), 200, -1)


def _emblem(canvas: np.ndarray, rng: np.random.Generator) -> None:
    centre = (_CELLS // 2, _CELLS // 2)
    cv2.circle(canvas, centre, 30, 255, 5 if rng.random() < 0.5 else -1, cv2.LINE_AA)
    angles = np.arange(0, 2 * np.pi, 2 * np.pi / int(rng.integers(3, 8))) + rng.uniform(0, 3)
    star = np.stack([48 + 22 * np.cos(2 * angles), 48 + 22 * np.sin(2 * angles)], 1)
    cv2.fillPoly(canvas, [star.astype(np.int32)], 90, cv2.LINE_AA)


def _picture(canvas: np.ndarray, rng: np.random.Generator) -> None:
    small = rng.random((6, 6)).astype(np.float32)
    picture = cv2.resize(small, (60, 64), interpolation=cv2.INTER_CUBIC)
    canvas[14:78, 18:78] = 255 * np.clip(np.round(picture * 3) / 3, 0, 1)


def chest_print(points: Points, seed: int) -> Float[np.ndarray, " points"]:
    """Share (N,) of the print's colour at places on the body; upright for a viewer who faces the chest."""
    rng = np.random.default_rng(seed)
    canvas = np.zeros((_CELLS, _CELLS), np.uint8)
    (_word, _word, _emblem, _picture)[int(rng.integers(4))](canvas, rng)
    size, centre_x, centre_y = _WIDTH_M, 0.0, _CENTRE_M
    if rng.random() < 0.25:
        size, centre_x, centre_y = 0.08, 0.065, 0.42
    # A viewer sees the body's left (+x) on the right of the picture.
    column = ((points.x - centre_x) / size + 0.5) * _CELLS - 0.5
    row = (0.5 - (points.y - centre_y) / size) * _CELLS - 0.5
    share = np.zeros(len(points), np.float32)
    rows = np.flatnonzero(
        (np.abs(column - _CELLS / 2) < _CELLS / 2)
        & (np.abs(row - _CELLS / 2) < _CELLS / 2)
        & (points.front > 0.2)
        & ~points.on_arm
    )
    share[rows] = map_coordinates(canvas.astype(np.float32) / 255, np.stack([row[rows], column[rows]]), order=1)
    return share
