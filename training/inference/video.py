"""Videos through OpenCV: the only place that opens them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from smpl_assets.pictures import BadImage

Image = UInt8[np.ndarray, "height width 3"]
_CODEC, _FRAMES_PER_SECOND = "mp4v", 25.0


@contextmanager
def _opened(path: Path) -> Iterator[cv2.VideoCapture]:
    capture = cv2.VideoCapture(str(path))
    try:
        yield capture
    finally:
        capture.release()


def length(path: Path) -> int:
    """Frames that the header promises; 1 where it says nothing of use."""
    with _opened(path) as capture:
        return max(1, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))


def frame_rate(path: Path) -> float:
    """Frames a second; 25 where the header says nothing of use."""
    with _opened(path) as capture:
        rate = float(capture.get(cv2.CAP_PROP_FPS))
    return rate if 1 <= rate <= 1000 else _FRAMES_PER_SECOND


def frames(path: Path) -> Iterator[Image]:
    """The frames as RGB, turned as the file says, until the first that cannot be read; BadImage where there is none at all."""
    with _opened(path) as capture:
        read, image = capture.read()
        if not read:
            raise BadImage("not a video that can be read")
        while read:
            yield cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
            read, image = capture.read()


class VideoWriter:
    """Writes frames of one size as MPEG-4; the file is whole after `close`."""

    def __init__(self, path: Path, frames_per_second: float) -> None:
        self.path, self.rate = path, frames_per_second
        self._writer: cv2.VideoWriter | None = None

    def add(self, image: Image) -> None:
        """Append a frame (RGB); OpenCV wants even sides, an odd last row or column is left out."""
        height, width = (side - side % 2 for side in image.shape[:2])
        if self._writer is None:
            code = cv2.VideoWriter.fourcc(*_CODEC)
            self._writer = cv2.VideoWriter(str(self.path), code, self.rate, (width, height))
        self._writer.write(cv2.cvtColor(image[:height, :width], cv2.COLOR_RGB2BGR))

    def close(self) -> None:
        """End the file."""
        if self._writer is not None:
            self._writer.release()
