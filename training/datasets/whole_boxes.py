"""Whether a file's boxes are x, y, width, height, which only all of them together show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Float

from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable

Boxes = Float[np.ndarray, "people 4"]
_LEAST_PEOPLE, _LEAST_JOINTS = 5, 3
_FITS, _BETTER = 0.5, 2.0  # mean overlap with the joints' own box, and how many times that of the boxes as they should be read


def check_boxes(table: PoseTable, given: Boxes, file: Path) -> None:
    """InputError where boxes fit the joints if they are read as two corners, or as a centre and a size, and else do not.

    given: as the file has them, NaN where it has none, people in the table's order.
    """
    told = np.isfinite(given).all(1) & (given[:, 2:] > 0).all(1) & (table.annotated.sum(1) >= _LEAST_JOINTS)
    if told.sum() < _LEAST_PEOPLE:
        return
    places, sizes = given[told, :2], given[told, 2:]
    marked = table.annotated[told, :, None]
    low = np.where(marked, table.keypoints[told], np.inf).min(1)
    high = np.where(marked, table.keypoints[told], -np.inf).max(1)
    as_meant = _overlap(places, places + sizes, low, high)
    for what, first, last in (
        ("x1, y1, x2, y2", places, sizes),
        ("centre x, centre y, width, height", places - sizes / 2, places + sizes / 2),
    ):
        overlap = _overlap(first, last, low, high)
        if overlap >= _FITS and overlap >= _BETTER * as_meant:
            raise InputError(f"{file}: the boxes fit the joints if they are read as {what}", "write x, y, width, height")


def _overlap(low: np.ndarray, high: np.ndarray, other_low: np.ndarray, other_high: np.ndarray) -> float:
    """Mean intersection over union of boxes given by corners (N, 2)."""
    both = np.prod(np.clip(np.minimum(high, other_high) - np.maximum(low, other_low), 0, None), axis=1)
    areas = np.prod(np.clip(high - low, 0, None), axis=1) + np.prod(other_high - other_low, axis=1)
    return float(np.mean(both / np.maximum(areas - both, 1e-9)))
