"""Views: the part of a person's image that training can show, at the resolution that it is shown in, kept in memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, runtime_checkable

import cv2
import numpy as np

from training.feeds.transforms import DENSITY, Affine, Box, Image, padded_size


@dataclass(frozen=True)
class Spread:
    """How far a crop may be moved. rotation_deg: either way. scale: largest relative change. shift: share of the crop's side."""

    rotation_deg: float = 0.0
    scale: float = 0.0
    shift: float = 0.0


@dataclass(frozen=True)
class View:
    """A part of an image, reduced where the crops of it are coarser anyway. matrix: image_from_view."""

    image: Image
    matrix: Affine

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        return self.image.nbytes


def view_of(image: Image, region_xywh: Box, size_hw: tuple[int, int], padding: float, spread: Spread) -> View:
    """What any crop of a region (`crop_matrix` with a jitter within the spread) can show of an image.

    Crops taken from the view are crops of the image up to resampling; nothing is resampled before where the unmoved crop has at
    least 1 / DENSITY px for one of the image.
    """
    width, height = padded_size(region_xywh, size_hw, padding)
    x, y, w, h = (float(v) for v in region_xywh)
    reach_x, reach_y = _reach(width, height, spread), _reach(height, width, spread)
    left, right = _interval(x + w / 2, reach_x, image.shape[1])
    top, bottom = _interval(y + h / 2, reach_y, image.shape[0])
    part = image[top:bottom, left:right]
    factor = min(1.0, DENSITY * size_hw[1] / width)
    small = (max(1, round((right - left) * factor)), max(1, round((bottom - top) * factor)))
    matrix = np.array([[(right - left) / small[0], 0.0, left], [0.0, (bottom - top) / small[1], top]])
    return View(part.copy() if factor == 1.0 else cv2.resize(part, small, interpolation=cv2.INTER_AREA), matrix)


def _reach(side: float, other: float, spread: Spread) -> float:
    """How far from a region's middle a crop extends along the axis of `side`, px: half of the turned rectangle, and a pixel."""
    turn = min(math.radians(spread.rotation_deg), math.atan2(other, side))
    half = (side * math.cos(turn) + other * math.sin(turn)) / 2
    return (half + spread.shift * side) * (1 + spread.scale) + 1.0


def _interval(middle: float, reach: float, length: int) -> tuple[int, int]:
    """Whole pixels of an image of that length within reach of the middle, at least one."""
    first = min(max(math.floor(middle - reach), 0), length - 1)
    return first, max(min(math.ceil(middle + reach), length), first + 1)


@runtime_checkable
class Sized(Protocol):
    """What takes memory that can be told."""

    @property
    def nbytes(self) -> int:
        """Bytes."""
        ...


Kept = TypeVar("Kept", bound=Sized)


class FirstCome(Generic[Kept]):
    """The first things that fit into a number of bytes; what came too late is made anew each time.

    Nothing is thrown out: training comes round to every sample once a pass, where the least recently used is the next one needed.
    """

    def __init__(self, limit: int) -> None:
        self.limit, self.size = limit, 0
        self._kept: dict[Hashable, Kept] = {}

    def get(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """What belongs to a key, made where it is not kept."""
        if (kept := self._kept.get(key)) is not None:
            return kept
        made = make()
        if self.size + made.nbytes <= self.limit:
            self._kept[key] = made
            self.size += made.nbytes
        return made
