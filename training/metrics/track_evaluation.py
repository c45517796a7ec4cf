"""All figures of a tracker's predictions against annotated sequences."""

from __future__ import annotations

import math
from collections.abc import Sequence as Rows
from dataclasses import dataclass
from typing import Any

import numpy as np

from smpl_assets.errors import InputError
from smpl_assets.skipped import Skipped
from training.metrics.bootstrap import Interval, interval
from training.metrics.sums import total
from training.metrics.track_counts import SequenceCounts, count_sequence
from training.metrics.track_frames import PersonSimilarity
from training.metrics.track_intervals import track_statistics
from training.metrics.track_pairs import pair_sequences
from training.metrics.track_tables import COLUMNS, JointTable, honest_table, joint_hota, official_table
from training.tracking.people import Sequence

HEADLINES = ("mAP", "MOTA", "MOTP", "precision", "recall")


@dataclass(frozen=True)
class TrackEvaluation:
    """The counts of every sequence, and what somebody should know of the files (`noted`)."""

    counts: tuple[SequenceCounts, ...]
    noted: Skipped

    def table(self, honest: bool) -> JointTable:
        """By joint over all sequences."""
        return table_of(self.counts, honest)

    def people(self) -> dict[str, float]:
        """HOTA, DetA, AssA, LocA, IDF1, IDR, IDP in percent, MOTA, MOTP, switches, fragments ... of whole people."""
        return people_figures(self.counts)

    def intervals(self, honest: bool, samples: int, seed: int = 0, confidence: float = 0.95) -> dict[str, Interval]:
        """Of mAP, MOTA, HOTA and IDF1, resampling sequences."""
        return {n: interval(s, seed, n, samples, confidence) for n, s in track_statistics(self.counts, honest).items()}

    def to_json(self, honest: bool, samples: int = 0) -> dict[str, Any]:
        """Figures in percent by joint, in poseval's order, the total last; NaN as null."""
        bounds = {n: [_plain(i.low), _plain(i.high)] for n, i in self.intervals(honest, samples).items()} if samples else {}
        own = {c.name: {**_lists(table_of([c], honest)), "people": _plain(people_figures([c]))} for c in self.counts}
        return {
            "kind": "honest" if honest else "official",
            "joints": list(COLUMNS),
            **_lists(self.table(honest)),
            "people": _plain(self.people()),
            "hota": _plain(joint_hota(self.counts)),
            "intervals": bounds,
            "sequences": own,
            "frames": sum(c.frames for c in self.counts),
            "noted": self.noted.noted,
        }


def table_of(counts: Rows[SequenceCounts], honest: bool) -> JointTable:
    """By joint over these sequences."""
    return honest_table(counts) if honest else official_table(counts)


def people_figures(counts: Rows[SequenceCounts]) -> dict[str, float]:
    """Figures of whole people over these sequences."""
    shown = ("HOTA", "DetA", "AssA", "LocA", "FragA")
    curves = total(c.people for c in counts).curves()
    identity = total(c.identity for c in counts).figures()
    parts = {n: 100.0 * float(curves[n].mean()) for n in shown} | {n: 100.0 * v for n, v in identity.items()}
    return parts | total(c.persons for c in counts).figures()


def evaluate_tracks(
    truth: Rows[Sequence], predicted: Rows[Sequence], similarity: PersonSimilarity = "joints", noted: Skipped | None = None
) -> TrackEvaluation:
    """Count everything, sequence by sequence.

    Args:
        truth: annotated sequences; frames without labels (`Frame.people` None) are left out.
        predicted: one for each, of the same name, its frames named as the ground truth's.
        similarity: of whole people: `joints` (share of the annotated joints within half a head) or `oks`.
        noted: what reading the files has found, to be told with the rest.

    Raises:
        InputError: nothing to compare, or as `pair_sequences`.
    """
    told = noted if noted is not None else Skipped()
    if not truth:
        raise InputError("no annotated sequence", "give the ground truth as a folder with one JSON per sequence")
    pairs = pair_sequences(truth, predicted, told)
    return TrackEvaluation(tuple(count_sequence(p, similarity) for p in pairs), told)


def _lists(table: JointTable) -> dict[str, Any]:
    return {name: _plain(getattr(table, name)) for name in JointTable.__dataclass_fields__}


def _plain(value: Any) -> Any:
    """Numbers, lists and dictionaries without NaN."""
    if isinstance(value, dict):
        return {name: _plain(v) for name, v in value.items()}
    if isinstance(value, np.ndarray):
        return [_plain(v) for v in value.tolist()]
    return None if isinstance(value, float) and not math.isfinite(value) else value
