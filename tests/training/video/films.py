"""Made videos."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

WIDTH, HEIGHT = 96, 64


def picture(number: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """Dark, with a white bar in the left third whose top is the picture's, and a level that tells the frame."""
    image = np.full((height, width, 3), 20 + 8 * (number % 20), np.uint8)
    image[: height // 2, : width // 3] = 255
    return image


def level(image: np.ndarray) -> int:
    """Which frame a picture is, from its level at the lower right."""
    return round((float(image[-12:-4, -12:-4].mean()) - 20) / 8)


def film(
    path: Path, frames: int = 12, rate: int = 10, times: list[float] | None = None, movflags: str = "", noise: bool = False
) -> Path:
    """An mp4 of H.264, each frame at its time, key frames every 4."""
    with av.open(str(path), "w", options={"movflags": movflags} if movflags else {}) as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt, stream.options = WIDTH, HEIGHT, "yuv420p", {"g": "4", "bf": "0", "crf": "10"}
        stream.codec_context.time_base = Fraction(1, 1000)
        for number in range(frames):
            image = picture(number)
            if noise:
                image[HEIGHT // 2 :, : WIDTH // 2] = np.random.default_rng(number).integers(0, 255, (HEIGHT // 2, WIDTH // 2, 3))
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            seconds = number / rate if times is None else times[number]
            frame.pts, frame.time_base = round(1000 * seconds), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def joined(path: Path, sizes: tuple[tuple[int, int], ...] = ((WIDTH, HEIGHT), (HEIGHT, WIDTH)), frames: int = 6) -> Path:
    """Recordings in one MPEG-TS file, each of its own size (width, height) and with times from 0, at 10 frames a second."""
    parts = []
    for size in sizes:
        with av.open(str(path), "w", format="mpegts") as container:
            stream = container.add_stream("libx264", rate=10)
            stream.width, stream.height, stream.pix_fmt, stream.options = *size, "yuv420p", {"bf": "0"}
            for number in range(frames):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(number, *size), format="rgb24")))
            container.mux(stream.encode(None))
        parts.append(path.read_bytes())
    path.write_bytes(b"".join(parts))
    return path


def turned(path: Path) -> Path:
    """The same file, held sideways: its display matrix turns it by 90 degrees clockwise."""
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 4 + 4 + 20 + 8 + 4 + 4
    matrix = (0, 1 << 16, 0, -1 << 16, 0, 0, HEIGHT << 16, 0, 1 << 30)
    data[start : start + 36] = b"".join(v.to_bytes(4, "big", signed=True) for v in matrix)
    path.write_bytes(data)
    return path
