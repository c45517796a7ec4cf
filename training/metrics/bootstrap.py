"""Intervals by resampling people; variants are compared on the same resamples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from smpl_assets.seeds import numpy_generator
from training.metrics.oks import THRESHOLDS, Matches, average_precision

CHUNK_NUMBERS = 2_000_000


@runtime_checkable
class Statistic(Protocol):
    """A figure in percent of n people, each drawn as often as the weights say."""

    @property
    def people(self) -> int:
        """N."""
        ...

    def values(self, weights: Float[np.ndarray, "resamples people"]) -> Float[np.ndarray, " resamples"]:
        """The figure of each resample; NaN where nothing was drawn that counts."""
        ...


@dataclass(frozen=True)
class JointShare:
    """Percent of counted joints that are correct. correct, counted: (n,) joints per person."""

    correct: Float[np.ndarray, " people"]
    counted: Float[np.ndarray, " people"]

    @property
    def people(self) -> int:
        """How many people it is about."""
        return len(self.counted)

    def values(self, weights: Float[np.ndarray, "resamples people"]) -> Float[np.ndarray, " resamples"]:
        """Joint-weighted percentage."""
        below = weights @ self.counted
        return np.divide(100.0 * (weights @ self.correct), below, out=np.full(len(below), np.nan), where=below > 0)


@dataclass(frozen=True)
class AveragePrecision:
    """COCO's AP in percent. first, last: the range of THRESHOLDS it is the mean of."""

    matches: Matches
    first: int = 0
    last: int = len(THRESHOLDS)

    @property
    def people(self) -> int:
        """How many people it is about."""
        return len(self.matches.score)

    def values(self, weights: Float[np.ndarray, "resamples people"]) -> Float[np.ndarray, " resamples"]:
        """AP of each resample."""
        chosen = Matches(self.matches.score, self.matches.matched[:, self.first : self.last], self.matches.own)
        return 100.0 * average_precision(chosen, weights).mean(1)


def point(statistic: Statistic) -> float:
    """The figure itself; NaN where nothing counts."""
    return float(statistic.values(np.ones((1, statistic.people)))[0]) if statistic.people else float("nan")


@dataclass(frozen=True)
class Interval:
    """Percentile bounds of a figure, and of its difference to another one; NaN where there is none."""

    low: float = float("nan")
    high: float = float("nan")
    difference_low: float = float("nan")
    difference_high: float = float("nan")


def interval(
    statistic: Statistic, seed: int, name: str, samples: int, confidence: float, minus: Statistic | None = None
) -> Interval:
    """Percentile interval of the figure, and of its difference to `minus`, which is about the same people, on the same resamples.

    The resamples depend on seed, name and the number of people only, so every variant meets the same ones.
    """
    if statistic.people < 2 or samples < 1:
        return Interval()
    ours, gains = [], []
    for weights in _resamples(statistic.people, samples, seed, name):
        ours.append(statistic.values(weights))
        if minus is not None:
            gains.append(ours[-1] - minus.values(weights))
    return Interval(*_bounds(ours, confidence), *_bounds(gains, confidence))


def _bounds(values: list[np.ndarray], confidence: float) -> tuple[float, float]:
    drawn = np.concatenate(values) if values else np.empty(0)
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return float("nan"), float("nan")
    low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def _resamples(people: int, samples: int, seed: int, name: str) -> Iterator[np.ndarray]:
    """Counts of how often each person is drawn, in chunks of bounded memory."""
    rng = numpy_generator(seed, "bootstrap", name, people)
    chunk = max(1, CHUNK_NUMBERS // people)
    for first in range(0, samples, chunk):
        rows = min(chunk, samples - first)
        yield rng.multinomial(people, np.full(people, 1.0 / people), size=rows).astype(np.float64)
