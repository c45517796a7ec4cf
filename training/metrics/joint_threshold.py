"""The score above which a joint is worth predicting: mAP wants all of them, MOTA pays for each wrong one."""

from __future__ import annotations

from collections.abc import Sequence as Rows
from dataclasses import dataclass, replace

import numpy as np

from smpl_assets.skipped import Skipped
from training.datasets.posetrack_writer import confident
from training.metrics.posetrack_honest import honest_clear
from training.metrics.posetrack_official import official_clear
from training.metrics.sums import total
from training.metrics.track_pairs import pair_sequences
from training.metrics.track_tables import mota
from training.tracking.people import Sequence

THRESHOLDS = tuple(float(t) for t in np.arange(0.1, 0.91, 0.05).round(2))


@dataclass(frozen=True)
class ThresholdCurve:
    """MOTA (total, percent) of predictions without joints up to each threshold."""

    thresholds: tuple[float, ...]
    mota: tuple[float, ...]

    @property
    def best(self) -> float:
        """The threshold of the highest MOTA, the lowest of equal ones."""
        return self.thresholds[int(np.nanargmax(self.mota))]


def mota_by_threshold(
    truth: Rows[Sequence], predicted: Rows[Sequence], thresholds: Rows[float] = THRESHOLDS, honest: bool = False
) -> ThresholdCurve:
    """MOTA of training sequences at every threshold; never choose it on the sequences that are reported.

    Raises:
        InputError: as `pair_sequences`.
    """
    curve = []
    for threshold in thresholds:
        pairs = pair_sequences(truth, [_above(s, threshold) for s in predicted], Skipped())
        counts = total((honest_clear if honest else official_clear)(p) for p in pairs)
        curve.append(float(np.nanmean(mota(counts))))
    return ThresholdCurve(tuple(thresholds), tuple(curve))


def _above(sequence: Sequence, threshold: float) -> Sequence:
    frames = (replace(f, people=None if f.people is None else confident(f.people, threshold)) for f in sequence.frames)
    return replace(sequence, frames=tuple(frames))
