"""Intervals of tracking figures by resampling sequences."""

from __future__ import annotations

import warnings
from collections.abc import Sequence as Rows
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from training.metrics.bootstrap import CHUNK_NUMBERS, Figures, Luck, Statistic, Weights
from training.metrics.clear import Clear
from training.metrics.hota import Hota
from training.metrics.track_counts import SequenceCounts
from training.metrics.track_pairs import JOINTS
from training.metrics.track_tables import join_hits


def track_statistics(counts: Rows[SequenceCounts], honest: bool) -> dict[str, Statistic]:
    """Statistics of mAP and MOTA (official or honest), HOTA and IDF1 of people, each about sequences."""
    return {
        "mAP": SequenceAp.of(counts, honest),
        "MOTA": SequenceMota.of(counts, honest),
        "HOTA": SequenceHota(tuple(c.people for c in counts)),
        "IDF1": SequenceIdf1(np.array([[c.identity.tp, c.identity.fn, c.identity.fp] for c in counts], np.float64)),
    }


@dataclass(frozen=True)
class SequenceMota:
    """MOTA, mean over joints. wrong, objects: of each sequence and joint."""

    wrong: Float[np.ndarray, "sequences joints"]
    objects: Float[np.ndarray, "sequences joints"]

    @classmethod
    def of(cls, counts: Rows[SequenceCounts], honest: bool) -> SequenceMota:
        """From the counts of sequences."""
        parts: list[Clear] = [c.honest if honest else c.official for c in counts]
        annotated = np.sum([c.honest_hits.annotated for c in counts], axis=0) > 0
        counted = annotated if honest else np.ones(len(JOINTS), bool)
        wrong = np.array([p.misses + p.switches + p.false_positives for p in parts])
        return cls(wrong[:, counted], np.array([p.objects for p in parts])[:, counted])

    @property
    def people(self) -> int:
        """How many sequences it is about."""
        return len(self.wrong)

    def values(self, weights: Weights, luck: Luck = None) -> Figures:
        """MOTA of each resample."""
        below = weights @ self.objects
        share = np.divide(weights @ self.wrong, below, out=np.full(below.shape, np.nan), where=below > 0)
        return _mean_over_joints(100.0 * (1.0 - share))


@dataclass(frozen=True)
class SequenceHota:
    """HOTA in percent, mean over alpha."""

    parts: tuple[Hota, ...]

    @property
    def people(self) -> int:
        """How many sequences it is about."""
        return len(self.parts)

    def values(self, weights: Weights, luck: Luck = None) -> Figures:
        """HOTA of each resample."""
        names = Hota.__dataclass_fields__
        drawn = Hota(**{n: weights @ np.stack([getattr(p, n) for p in self.parts]) for n in names})
        return 100.0 * drawn.curves()["HOTA"].mean(1)


@dataclass(frozen=True)
class SequenceIdf1:
    """IDF1 in percent. counts: true positives, misses, false positives of each sequence."""

    counts: Float[np.ndarray, "sequences 3"]

    @property
    def people(self) -> int:
        """How many sequences it is about."""
        return len(self.counts)

    def values(self, weights: Weights, luck: Luck = None) -> Figures:
        """IDF1 of each resample."""
        tp, fn, fp = (weights @ self.counts).T
        return 100.0 * tp / np.maximum(1.0, tp + 0.5 * fn + 0.5 * fp)


@dataclass(frozen=True)
class SequenceAp:
    """mAP. Predicted joints by falling score with the sequence of each; annotated: joints of each sequence."""

    joint: Int[np.ndarray, " found"]
    hit: Bool[np.ndarray, " found"]
    sequence: Int[np.ndarray, " found"]
    annotated: Float[np.ndarray, "sequences joints"]
    absent: float

    @classmethod
    def of(cls, counts: Rows[SequenceCounts], honest: bool) -> SequenceAp:
        """From the counts of sequences. Officially a joint that is nowhere is AP 0."""
        parts = [c.honest_hits if honest else c.official_hits for c in counts]
        all_hits = join_hits(parts)
        owner = np.repeat(np.arange(len(parts)), [len(p.joint) for p in parts])
        order = np.argsort(all_hits.score, kind="stable")[::-1]
        annotated = np.array([p.annotated for p in parts])
        return cls(all_hits.joint[order], all_hits.hit[order], owner[order], annotated, np.nan if honest else 0.0)

    @property
    def people(self) -> int:
        """How many sequences it is about."""
        return len(self.annotated)

    def values(self, weights: Weights, luck: Luck = None) -> Figures:
        """The mAP of each resample."""
        columns = []
        for joint in range(len(JOINTS)):
            rows = np.flatnonzero(self.joint == joint)
            step = max(1, CHUNK_NUMBERS // max(1, len(rows)))
            chunks = [self._ap(weights[i : i + step], rows, joint) for i in range(0, len(weights), step)]
            columns.append(np.concatenate(chunks))
        return _mean_over_joints(np.stack(columns, axis=1))

    def _ap(self, weights: Weights, rows: Int[np.ndarray, " found"], joint: int) -> Figures:
        weights = weights.astype(np.float64, copy=False)
        total = weights @ self.annotated[:, joint]
        drawn = weights[:, self.sequence[rows]]
        found = drawn.sum(1) > 0
        right = np.cumsum(drawn * self.hit[rows], axis=1)
        precision = np.divide(right, np.cumsum(drawn, axis=1), out=np.zeros_like(right), where=drawn > 0)
        envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
        area = (np.diff(right, axis=1, prepend=0.0) * envelope).sum(1)
        result = np.divide(100.0 * area, total, out=np.full(len(total), np.nan), where=total > 0)
        return np.where((total == 0) & ~found, self.absent, result)


def _mean_over_joints(values: Float[np.ndarray, "resamples joints"]) -> Figures:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the mean of nothing is NaN
        return np.nanmean(values, axis=1)
