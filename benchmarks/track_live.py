"""What a frame costs end to end, for crowds of several sizes; imported by track.py."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from training.tracking.film import Film
from training.tracking.live import LiveTracker
from training.tracking.online_settings import USUAL_MOTION

COLUMNS, ROWS = 5, 4
CROWDS = (1, 5, 20)


class Clock:
    """CPU seconds that calls have taken."""

    def __init__(self) -> None:
        self.spent = self._begun = 0.0

    def begin(self, *_: object) -> None:
        """A call begins."""
        self._begun = time.process_time()

    def end(self, *_: object) -> None:
        """It ends."""
        self.spent += time.process_time() - self._begun

    def layers(self, *parts: nn.Module) -> None:
        """Count what these do from now on; none of them holds another."""
        for part in parts:
            part.register_forward_pre_hook(self.begin)
            part.register_forward_hook(self.end)

    def timed(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same, counted."""

        def counted(*args: Any) -> Any:
            self.begin()
            result = work(*args)
            self.end()
            return result

        return counted


def crowd(films: list[Film], people: int) -> list[np.ndarray]:
    """Frames of so many people, the film of each in a place of its own, evenly spread over a grey picture."""
    height, width = films[0].sequence.height, films[0].sequence.width
    frames = [np.full((ROWS * height, COLUMNS * width, 3), 128, np.uint8) for _ in films[0].sequence.frames]
    places = np.linspace(0, ROWS * COLUMNS - 1, people).round().astype(int)
    for film, (row, column) in zip(films, zip(*np.divmod(places, COLUMNS), strict=True), strict=False):
        for number, frame in enumerate(frames):
            frame[row * height : (row + 1) * height, column * width : (column + 1) * width] = film.picture(number)
    return frames


def end_to_end(films: list[Film], file: Path) -> dict[str, dict[str, float]]:
    """CPU milliseconds a frame of LiveTracker, off-line and online, without motion and with it, for every crowd.

    films: of one person each, of one size.
    """
    frames = {people: crowd(films, people) for people in CROWDS}
    kinds = {"off-line": False, "online": True}
    return {
        f"{name}, motion {motion:g}, {people} people": live(f, file, {"online": online, "motion": motion})
        for people, f in frames.items()
        for name, online in kinds.items()
        for motion in (0.0, USUAL_MOTION)
    }


def live(frames: list[np.ndarray], file: Path, options: dict[str, Any]) -> dict[str, float]:
    """All; the network's spatial and temporal layers; decoding (and what is done to pictures); association, flow along ways."""
    tracker = LiveTracker.load(file, options=options, height=len(frames[0]))
    list(tracker.track(frames[:2]))
    network, spatial, temporal, seeing = tracker.eye.network, Clock(), Clock(), Clock()
    spatial.layers(network.backbone, *(branch for stage in network.spatial for branch in stage.children()))
    temporal.layers(*network.temporal)
    tracker.eye.see = seeing.timed(tracker.eye.see)  # type: ignore[method-assign]
    begun = time.process_time()
    seen = [len(people) for people in tracker.track(frames)]
    spent = time.process_time() - begun
    parts = {
        "all": spent, "spatial": spatial.spent, "temporal": temporal.spent, "decoding": seeing.spent - spatial.spent,
        "association": spent - seeing.spent - temporal.spent,
    }  # fmt: skip
    found = {name: round(1000 * seconds / len(frames), 1) for name, seconds in parts.items()}
    return {"people found": round(float(np.mean(seen)), 1)} | found
