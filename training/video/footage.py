"""What a video gives, wherever it comes from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt8

from smpl_assets.skipped import Skipped

RESIZED = "frame of another size: scaled to that of the first"
BACK = "time goes back: it goes on from the frame before"
ENDS_EARLY = "video ends before its end: cut off, or damaged"
Picture = UInt8[np.ndarray, "height width 3"]


@dataclass(frozen=True)
class Shot:
    """One frame. number: of the frame in its source, from 0 in videos. seconds: when it is shown. image: RGB, upright."""

    name: str
    number: int
    seconds: float
    image: Picture


class Footage(ABC):
    """A video, or a folder of images.

    name: of the source. rate: frames a second, about. count: frames there should be, None where nobody knows; not to be trusted.
    by: what reads it. noted: what somebody should know of it, complete when the shots are through.
    """

    name: str
    rate: float
    count: int | None
    by: str
    noted: Skipped

    @abstractmethod
    def shots(self) -> Iterator[Shot]:
        """All frames in order, all of the size of the first; InputError where there is not one."""


class Clock:
    """Times of frames, s, that rise whatever the container says: joined recordings each begin at their own zero."""

    def __init__(self, footage: Footage) -> None:
        self._footage, self._said, self._given, self._shift = footage, -np.inf, -np.inf, 0.0

    def __call__(self, said: float, frame: str) -> float:
        """The time of the next frame; noted where the container's went back, one frame on where it stood still."""
        following = self._given + 1 / self._footage.rate
        if said < self._said:
            self._footage.noted.note(BACK, self._footage.name, frame)
            self._shift = following - said
        self._said, given = said, said + self._shift
        self._given = given if given > self._given else following
        return self._given


def of_size(image: Picture, size_wh: tuple[int, int] | None, noted: Skipped, name: str, frame: str) -> UInt8[np.ndarray, "_ _ 3"]:
    """A frame in the size of the first one; noted where it had another."""
    if size_wh is None or image.shape[1::-1] == size_wh:
        return image
    noted.note(RESIZED, name, frame)
    smaller = image.shape[0] >= size_wh[1]
    return np.asarray(cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR), np.uint8)
