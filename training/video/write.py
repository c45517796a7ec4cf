"""Writing a video that browsers play."""

from __future__ import annotations

from abc import ABC, abstractmethod
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
from jaxtyping import UInt8

from smpl_assets.errors import InputError
from training.video.footage import Picture
from training.video.read import EXTRA, has_av

_TICKS = 90_000  # per second


class VideoError(InputError):
    """A video cannot be written: the disk is full, mostly. The file that was begun is no video."""


class VideoWriter(ABC):
    """A file, complete when it is closed, also by an exception. kind: what it holds, as people are told."""

    kind: str

    @abstractmethod
    def write(self, image: Picture, seconds: float) -> None:
        """The next frame, shown from `seconds` on. VideoError where the disk is full."""

    @abstractmethod
    def close(self) -> None:
        """Finish the file. VideoError where the disk is full."""

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self.close()
        except VideoError:
            if error is None:
                raise


def open_writer(path: Path, rate: float) -> VideoWriter:
    """H.264 by PyAV where it is installed, else VP9 by OpenCV; both as mp4. rate: frames a second."""
    return AvWriter(path, rate) if has_av() else CvWriter(path, rate)


class AvWriter(VideoWriter):
    """H.264, with every frame at its own time."""

    kind = "H.264 by PyAV"

    def __init__(self, path: Path, rate: float) -> None:
        import av

        self.path, self._av = path, av
        self._container = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        self._stream = self._container.add_stream("libx264", rate=Fraction(rate).limit_denominator(1001))
        self._stream.pix_fmt, self._stream.options = "yuv420p", {"crf": "20", "preset": "veryfast"}
        self._stream.codec_context.time_base = Fraction(1, _TICKS)
        self._last, self._open = -1, True

    def write(self, image: Picture, seconds: float) -> None:
        """See `VideoWriter`; times have to rise, one that does not is moved a tick on."""
        even = _even(image)
        if self._last < 0:
            self._stream.height, self._stream.width = even.shape[:2]
        frame = self._av.VideoFrame.from_ndarray(even, format="rgb24")
        self._last = max(self._last + 1, round(seconds * _TICKS))
        frame.pts, frame.time_base = self._last, Fraction(1, _TICKS)
        try:
            self._container.mux(self._stream.encode(frame))
        except self._av.error.FFmpegError as error:
            raise _full(self.path, str(error.strerror)) from error

    def close(self) -> None:
        """See `VideoWriter`."""
        if not self._open:
            return
        self._open = False
        try:
            if self._last >= 0:
                self._container.mux(self._stream.encode(None))
            self._container.close()
        except (self._av.error.FFmpegError, OSError) as error:
            raise _full(self.path, str(error.strerror)) from error


class CvWriter(VideoWriter):
    """VP9 in mp4, all frames equally long; OpenCV's wheels cannot write H.264, and browsers do not play its mp4v."""

    kind = f"VP9 by OpenCV, frames equally long ({EXTRA} writes H.264 that more players know)"

    def __init__(self, path: Path, rate: float) -> None:
        self.path, self.rate, self._count = path, rate, 0
        self._writer: cv2.VideoWriter | None = None

    def write(self, image: Picture, seconds: float) -> None:
        """See `VideoWriter`."""
        even = _even(image)
        if self._writer is None:
            code = cv2.VideoWriter.fourcc(*"vp09")
            self._writer = cv2.VideoWriter(str(self.path), cv2.CAP_FFMPEG, code, self.rate, (even.shape[1], even.shape[0]))
            if not self._writer.isOpened():
                raise _full(self.path, "OpenCV does not say why")
        self._writer.write(cv2.cvtColor(even, cv2.COLOR_RGB2BGR))
        self._count += 1

    def close(self) -> None:
        """See `VideoWriter`; OpenCV says nothing of a full disk, so the file is opened again."""
        if self._writer is None:
            return
        self._writer.release()
        self._writer = None
        capture = cv2.VideoCapture(str(self.path))
        whole = capture.isOpened() and capture.get(cv2.CAP_PROP_FRAME_COUNT) >= self._count
        capture.release()
        if not whole:
            raise _full(self.path, "what was written cannot be read back")


def _even(image: Picture) -> UInt8[np.ndarray, "_ _ 3"]:
    """Sides of even length, as chroma at half resolution needs; the last row and column repeat."""
    height, width = image.shape[:2]
    return np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge") if height % 2 or width % 2 else image


def _full(path: Path, why: str) -> VideoError:
    return VideoError(f"{path}: the video cannot be written ({why})", "make room on the disk, or leave the video out: --no-video")
