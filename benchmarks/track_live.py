"""What a frame costs end to end, for crowds of several sizes; imported by track.py."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from training.tracking.film import Film
from training.tracking.live import LiveTracker
from training.tracking.network import TmlNetwork

COLUMNS, ROWS = 5, 4
CROWDS = (1, 5, 20)


@dataclass
class NetworkTime:
    """CPU seconds that a network's layers have taken."""

    spent: float = 0.0
    _begun: float = field(default=0.0, init=False)

    def watch(self, network: TmlNetwork) -> None:
        """Count this network's backbone and stages from now on."""
        parts: list[nn.Module] = [network.backbone, *network.temporal]
        parts += [branch for stage in network.spatial for branch in stage.children()]
        for part in parts:
            part.register_forward_pre_hook(self._begin)
            part.register_forward_hook(self._end)

    def _begin(self, *_: object) -> None:
        self._begun = time.process_time()

    def _end(self, *_: object) -> None:
        self.spent += time.process_time() - self._begun


def crowd(films: list[Film], people: int) -> list[np.ndarray]:
    """Frames of so many people, the film of each in a place of its own, evenly spread over a grey picture."""
    height, width = films[0].sequence.height, films[0].sequence.width
    frames = [np.full((ROWS * height, COLUMNS * width, 3), 128, np.uint8) for _ in films[0].sequence.frames]
    places = np.linspace(0, ROWS * COLUMNS - 1, people).round().astype(int)
    for film, (row, column) in zip(films, zip(*np.divmod(places, COLUMNS), strict=True), strict=False):
        for number, frame in enumerate(frames):
            frame[row * height : (row + 1) * height, column * width : (column + 1) * width] = film.picture(number)
    return frames


def end_to_end(films: list[Film], file: Path) -> dict[str, dict[str, Any]]:
    """CPU milliseconds a frame of LiveTracker: all, its network's layers, the rest (decoding, flow along ways, association).

    films: of one person each, of one size.
    """
    found = {}
    for people in CROWDS:
        frames = crowd(films, people)
        for name, online in (("off-line", False), ("online", True)):
            live, network = LiveTracker.load(file, options={"online": online}, height=len(frames[0])), NetworkTime()
            list(live.track(frames[:2]))
            network.watch(live.eye.network)
            begun = time.process_time()
            seen = [len(p) for p in live.track(frames)]
            per_frame = 1000 / len(frames)
            spent = time.process_time() - begun
            found[f"{name}, {people} people"] = {
                "people found": round(float(np.mean(seen)), 1), "all": round(spent * per_frame, 1),
                "network": round(network.spent * per_frame, 1), "rest": round((spent - network.spent) * per_frame, 1),
            }  # fmt: skip
    return found
