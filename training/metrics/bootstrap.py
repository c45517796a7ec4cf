"""Intervals by resampling people, and trainings where there are several; rows are compared on the same resamples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from smpl_assets.seeds import numpy_generator
from training.metrics.average_precision import Weights, average_precision
from training.metrics.coco_match import Matches
from training.metrics.oks import THRESHOLDS

CHUNK_NUMBERS = 5_000_000
Luck = Float[np.ndarray, "resamples seeds"] | None
Figures = Float[np.ndarray, " resamples"]


@runtime_checkable
class Statistic(Protocol):
    """A figure in percent of n people, each drawn as often as the weights say."""

    @property
    def people(self) -> int:
        """N."""
        ...

    def values(self, weights: Weights, luck: Luck = None) -> Figures:
        """The figure of each resample; NaN where nothing was drawn that counts.

        `luck` says how much each of several trainings counts in each resample, rows adding up to 1; None = all alike.
        """
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

    def values(self, weights: Weights, luck: Luck = None) -> Figures:
        """Joint-weighted percentage."""
        drawn = weights.astype(np.float64, copy=False)
        below = drawn @ self.counted
        return np.divide(100.0 * (drawn @ self.correct), below, out=np.full(len(below), np.nan), where=below > 0)


@dataclass(frozen=True)
class AveragePrecision:
    """COCO's AP in percent. first, last: the range of THRESHOLDS it is the mean of."""

    matches: Matches
    first: int = 0
    last: int = len(THRESHOLDS)

    @property
    def people(self) -> int:
        """How many people it is about."""
        return self.matches.people

    def values(self, weights: Weights, luck: Luck = None) -> Figures:
        """AP of each resample."""
        part = slice(self.first, self.last)
        chosen = replace(self.matches, matched=self.matches.matched[:, part], ignored=self.matches.ignored[:, part])
        return 100.0 * average_precision(chosen, weights).mean(1)


@dataclass(frozen=True)
class SeedMean:
    """The mean of a figure over the trainings of one row, each drawn as often as `luck` says."""

    seeds: tuple[Statistic, ...]

    @property
    def people(self) -> int:
        """How many people each is about."""
        return self.seeds[0].people

    def values(self, weights: Weights, luck: Luck = None) -> Figures:
        """The mean of each resample."""
        figures = np.stack([s.values(weights) for s in self.seeds], axis=1)
        return figures.mean(1) if luck is None else (figures * luck).sum(1)


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

    The resamples depend on seed, name and the numbers of people and trainings only, so every row meets the same ones. Where a
    row was trained several times, people and trainings are drawn (a hierarchical bootstrap), both rows' trainings alike.
    """
    if statistic.people < 2 or samples < 1:
        return Interval()
    ours, gains = [], []
    trainings = len(statistic.seeds) if isinstance(statistic, SeedMean) else 1
    for weights, luck in _resamples(statistic.people, trainings, samples, seed, name):
        ours.append(statistic.values(weights, luck))
        if minus is not None:
            gains.append(ours[-1] - minus.values(weights, luck))
    return Interval(*_bounds(ours, confidence), *_bounds(gains, confidence))


def _bounds(values: list[np.ndarray], confidence: float) -> tuple[float, float]:
    drawn = np.concatenate(values) if values else np.empty(0)
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return float("nan"), float("nan")
    low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def _resamples(people: int, trainings: int, samples: int, seed: int, name: str) -> Iterator[tuple[Weights, np.ndarray | None]]:
    """Counts of how often each person is drawn, and shares of the trainings (None of one), in chunks of bounded memory."""
    rng = numpy_generator(seed, "bootstrap", name, people)
    dice = numpy_generator(seed, "bootstrap over trainings", name, trainings)
    for rows in map(len, np.array_split(np.arange(samples), -(-samples * people // CHUNK_NUMBERS))):
        luck = dice.multinomial(trainings, np.full(trainings, 1.0 / trainings), size=rows) / trainings if trainings > 1 else None
        drawn = np.empty((rows, people), np.int32)
        for row in drawn:
            row[:] = np.bincount(rng.integers(people, size=people, dtype=np.int32), minlength=people)
        yield drawn, luck
