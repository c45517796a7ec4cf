"""Video files by PyAV: time stamps of the container, rotation as the camera held it, damage as an error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError

from smpl_assets.errors import InputError
from smpl_assets.skipped import Skipped
from training.video.footage import ENDS_EARLY, Clock, Footage, Shot, of_size

_SHORT = 0.02  # share of the frames that a container may promise too much


class AvFootage(Footage):
    """A file. Frames without a time of their own follow the rate."""

    by = "PyAV"

    def __init__(self, path: Path) -> None:
        """InputError where it is no video, or its index is missing."""
        self.name, self.path, self.noted = path.stem, path, Skipped()
        try:
            with av.open(str(path)) as container:
                if not container.streams.video:
                    raise InputError(f"{path}: no video stream in this file", "name a video")
                stream = container.streams.video[0]
                self.rate = float(stream.average_rate or stream.guessed_rate or 25)
                self.count = stream.frames or None
        except (FFmpegError, OSError) as error:
            raise InputError(
                f"{path}: cannot be opened as a video ({error.strerror})",
                "play it; a recording that was cut off has no index (moov atom), and needs a repair tool",
            ) from error

    def shots(self) -> Iterator[Shot]:
        """Frames until the end, or until the file is damaged."""
        first: tuple[int, int] | None = None
        number, start, clock = 0, None, Clock(self)
        try:
            with av.open(str(self.path)) as container:
                stream = container.streams.video[0]
                stream.thread_type = "AUTO"
                for frame in container.decode(stream):
                    image = np.ascontiguousarray(np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90))
                    image = of_size(image, first, self.noted, self.name, str(number))
                    first = image.shape[1], image.shape[0]
                    seconds = number / self.rate if frame.time is None else frame.time
                    start = seconds if start is None else start
                    yield Shot(f"{number:06d}.jpg", number, clock(seconds - start, str(number)), image)
                    number += 1
        except FFmpegError as error:
            of = "" if self.count is None else f" of {self.count}"
            self.noted.note(ENDS_EARLY, self.path, f"after {number}{of} frames ({error.strerror})")
        else:
            if self.count is not None and number < self.count - max(1, _SHORT * self.count):
                self.noted.note(ENDS_EARLY, self.path, f"after {number} of {self.count} frames")
        if first is None:
            raise InputError(f"{self.path}: not one frame can be decoded", "play it; a cut off recording needs a repair tool")
