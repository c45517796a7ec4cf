"""Joints in heatmaps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float, Int

SMOOTHING = 3.0  # px, OpenPose's


@dataclass(frozen=True)
class Peaks:
    """Joints that were found, in the order of their type, then as a picture is read.

    places: px. joints: type of each. scores: the map's value there.
    """

    places: Float[np.ndarray, "peaks 2"]
    joints: Int[np.ndarray, " peaks"]
    scores: Float[np.ndarray, " peaks"]

    def __len__(self) -> int:
        return len(self.joints)


def find_peaks(
    heat: Float[np.ndarray, "joints rows columns"], stride: int, threshold: float, size_wh: tuple[int, int], apart: float = 0.0
) -> Peaks:
    """Cells above `threshold` that exceed their eight neighbours, placed between cells by a parabola on each axis.

    Of equal neighbours the first in reading order is the peak. `apart`: joint NMS; a peak within so many px of a higher one of
    its joint is dropped. Peaks outside the picture, where the maps were padded, are none.
    """
    padded = np.pad(heat, ((0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    rows, columns = heat.shape[1:]
    shifted = {(dy, dx): padded[:, 1 + dy : 1 + dy + rows, 1 + dx : 1 + dx + columns] for dy in (-1, 0, 1) for dx in (-1, 0, 1)}
    is_peak = heat > threshold
    for step, neighbour in shifted.items():
        if step != (0, 0):
            is_peak &= heat > neighbour if step < (0, 0) else heat >= neighbour
    joints, row, column = np.nonzero(is_peak)
    centre = heat[joints, row, column]
    offset = [
        _vertex(shifted[-dy, -dx][joints, row, column], centre, shifted[dy, dx][joints, row, column])
        for dy, dx in ((0, 1), (1, 0))
    ]
    places = np.stack([column + 0.5 + offset[0], row + 0.5 + offset[1]], 1) * stride
    kept = np.asarray((places < size_wh).all(1))
    if apart and len(joints):
        rows = by_joint(joints, range(len(heat)))
        place, height = places[rows], np.where(rows < 0, -np.inf, centre[rows])
        near = ((place[:, :, None] - place[:, None]) ** 2).sum(3) < apart**2
        mine, other = height[:, :, None], height[:, None]
        higher = (other > mine) | ((other == mine) & np.tri(rows.shape[1], k=-1, dtype=bool))
        kept[rows[(near & higher).any(2) & (rows >= 0)]] = False
    return Peaks(places[kept], joints[kept], centre[kept].astype(np.float64))


def find_peaks_upsampled(
    heat: Float[np.ndarray, "joints rows columns"], stride: int, threshold: float, size_wh: tuple[int, int], apart: float = 0.0
) -> Peaks:
    """`find_peaks` as OpenPose does it: in maps of the input's size (bicubic), smoothed; scores are those before smoothing."""
    large = np.stack([cv2.resize(m, None, fx=stride, fy=stride, interpolation=cv2.INTER_CUBIC) for m in heat])
    found = find_peaks(np.stack([cv2.GaussianBlur(m, (0, 0), SMOOTHING) for m in large]), 1, threshold, size_wh, apart)
    column, row = np.clip(found.places.astype(int), 0, (large.shape[2] - 1, large.shape[1] - 1)).T
    return replace(found, scores=large[found.joints, row, column].astype(np.float64))


def by_joint(joints: Int[np.ndarray, " peaks"], kinds: Iterable[int]) -> Int[np.ndarray, "kinds most"]:
    """The peaks of each of these joints, filled up with -1."""
    of = [np.flatnonzero(joints == kind) for kind in kinds]
    table = np.full((len(of), max(map(len, of), default=0)), -1)
    for row, found in zip(table, of, strict=True):
        row[: len(found)] = found
    return table


def _vertex(left: np.ndarray, centre: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Where the parabola through three neighbours has its vertex, cells from the middle; 0 at the border."""
    with np.errstate(invalid="ignore", divide="ignore"):
        offset = 0.5 * (right - left) / (2 * centre - left - right)
    return np.where(np.isfinite(left) & np.isfinite(right) & np.isfinite(offset), np.clip(offset, -0.5, 0.5), 0.0)
