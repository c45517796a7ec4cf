"""Video files by OpenCV, which turns pictures as the camera was held but says nothing of damage and of sizes that change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from smpl_assets.errors import InputError
from smpl_assets.skipped import Skipped
from training.video.footage import ENDS_EARLY, Clock, Footage, Picture, Shot, of_size

_SHORT = 0.02


class CvFootage(Footage):
    """A file."""

    by = "OpenCV"

    def __init__(self, path: Path) -> None:
        """InputError where OpenCV cannot open it; it does not say why."""
        self.name, self.path, self.noted = path.stem, path, Skipped()
        capture = cv2.VideoCapture(str(path))
        opened, rate, count = capture.isOpened(), capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
        capture.release()
        if not opened:
            raise InputError(
                f"{path}: OpenCV cannot open it as a video; it does not say why",
                "play it; a cut off recording has no index. PyAV reads more: pip install 'rarepose[video]'",
            )
        self.rate, self.count = rate or 25.0, int(count) if count > 0 else None

    def shots(self) -> Iterator[Shot]:
        """Frames until OpenCV gives no more; times from the container."""
        capture, number, clock = cv2.VideoCapture(str(self.path)), 0, Clock(self)
        first: tuple[int, int] | None = None
        try:
            while True:
                given, frame = capture.read()
                if not given:
                    break
                seconds = clock(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000, str(number))
                image: Picture = np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8)
                image = of_size(image, first, self.noted, self.name, str(number))
                first = image.shape[1], image.shape[0]
                yield Shot(f"{number:06d}.jpg", number, seconds, image)
                number += 1
        finally:
            capture.release()
        if self.count is not None and number < self.count - max(1, _SHORT * self.count):
            self.noted.note(ENDS_EARLY, self.path, f"after {number} of {self.count} frames")
        if first is None:
            raise InputError(f"{self.path}: not one frame can be decoded", "play it; a cut off recording needs a repair tool")
