"""Figures per joint and in total, from the counts of sequences."""

from __future__ import annotations

import warnings
from collections.abc import Sequence as Rows
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from training.metrics.clear import Clear
from training.metrics.posetrack_ap import JointHits, average_precision
from training.metrics.sums import total
from training.metrics.track_counts import SequenceCounts
from training.metrics.track_pairs import JOINTS

COLUMNS = (*JOINTS, "total")
GROUPS = {
    "head": ("head_top", "head_bottom", "nose"),
    **{joint: (f"left_{joint}", f"right_{joint}") for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")},
}


@dataclass(frozen=True)
class JointTable:
    """Figures in percent by COLUMNS, NaN where undefined; the total is the mean over joints that have the figure.

    precision, recall: of MOT. ap_precision, ap_recall: of all predictions, as poseval's AP reports them.
    """

    mAP: Float[np.ndarray, " columns"]
    MOTA: Float[np.ndarray, " columns"]
    MOTP: Float[np.ndarray, " columns"]
    precision: Float[np.ndarray, " columns"]
    recall: Float[np.ndarray, " columns"]
    ap_precision: Float[np.ndarray, " columns"]
    ap_recall: Float[np.ndarray, " columns"]

    def group(self, figure: str, group: str) -> float:
        """Mean of a group's joints, as poseval prints it: NaN where one of them is."""
        return float(getattr(self, figure)[[JOINTS.index(j) for j in GROUPS[group]]].mean())


def official_table(counts: Rows[SequenceCounts]) -> JointTable:
    """The table of poseval: absent joints with AP 0 and MOTP 0 count in the mean, MOTP is about all rows of events."""
    clear = total(c.official for c in counts)
    error = _ratio(clear.event_distance, clear.matches)
    motp = np.where(clear.matches > 0, 100.0 * (1.0 - error), 0.0)
    return _table(join_hits([c.official_hits for c in counts]), clear, motp, np.ones(len(JOINTS), bool))


def honest_table(counts: Rows[SequenceCounts]) -> JointTable:
    """The table without quirks: joints that nobody is annotated with are left out, MOTP is about matches."""
    hits = join_hits([c.honest_hits for c in counts])
    clear = total(c.honest for c in counts)
    motp = 100.0 * (1.0 - _ratio(clear.distance, clear.matches))
    return _table(hits, clear, motp, hits.annotated > 0)


def mota(clear: Clear) -> Float[np.ndarray, " joints"]:
    """MOTA of each joint in percent, NaN where nothing is annotated."""
    return 100.0 * (1.0 - _ratio(clear.misses + clear.switches + clear.false_positives, clear.objects))


def joint_hota(counts: Rows[SequenceCounts]) -> dict[str, Float[np.ndarray, " columns"]]:
    """HOTA and its parts by COLUMNS, in percent, means over alpha; joints that nobody is annotated with are NaN."""
    sums = total(c.joints for c in counts)
    known = (sums.tp + sums.fn)[:, 0] > 0
    return {name: _with_mean(np.where(known, 100.0 * curve.mean(1), np.nan)) for name, curve in sums.curves().items()}


def join_hits(parts: Rows[JointHits]) -> JointHits:
    """The hits of several sequences after each other."""
    joint, score, hit = (np.concatenate([getattr(p, name) for p in parts]) for name in ("joint", "score", "hit"))
    return JointHits(joint, score, hit, np.sum([p.annotated for p in parts], axis=0))


def _table(hits: JointHits, clear: Clear, motp: np.ndarray, counted: Bool[np.ndarray, " joints"]) -> JointTable:
    ap = average_precision(hits)
    figures = (
        ap.ap, mota(clear), motp,
        100.0 * _ratio(clear.matches, clear.matches + clear.false_positives), 100.0 * _ratio(clear.matches, clear.objects),
        ap.precision, ap.recall,
    )  # fmt: skip
    return JointTable(*(_with_mean(np.where(counted, f, np.nan)) for f in figures))


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """NaN where nothing is below."""
    return np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0)


def _with_mean(values: np.ndarray) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the mean of nothing is NaN
        return np.append(values, np.nanmean(values))
