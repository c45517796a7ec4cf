"""How long units take in this run, and whether another one pays while something waits for the whole machine."""

from __future__ import annotations

import math
from collections.abc import Callable
from time import monotonic


class Pace:
    """The units that run, and the longest time that one of each stage took.

    clock: seconds, from whenever.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._began: dict[tuple[str, str], float] = {}
        self._took: dict[str, float] = {}

    def begin(self, stage: str, unit: str) -> None:
        """A unit runs from now on."""
        self._began[stage, unit] = self._clock()

    def end(self, stage: str, unit: str) -> None:
        """It runs no longer."""
        seconds = self._clock() - self._began.pop((stage, unit))
        self._took[stage] = max(seconds, self._took.get(stage, 0.0))

    def pays(self, places: int) -> bool:
        """Whether a unit that begins now, and makes who waits for all places wait longer, wins more than it costs.

        It takes about as long as one of those that run, T, of which that one has t behind it. The place would be idle for T - t
        otherwise; with it the other places are idle for t at its end. So it pays where T - t > (places - 1) t. The first
        units of a stage count as long.
        """
        now = self._clock()
        return any((now - began) * places < self._took.get(stage, math.inf) for (stage, _), began in self._began.items())
