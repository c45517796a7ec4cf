"""The same figures without poseval's quirks: all labelled frames, everybody who was missed, errors counted once."""

from __future__ import annotations

from training.metrics.clear import Clear, ClearAccumulator
from training.metrics.posetrack_ap import JointHits, joint_hits
from training.metrics.posetrack_official import REACH
from training.metrics.track_pairs import JOINTS, Pairs


def honest_hits(pairs: Pairs) -> JointHits:
    """Predictions of all labelled frames."""
    return joint_hits(pairs.frames, REACH)


def honest_clear(pairs: Pairs) -> Clear:
    """CLEAR counts of all labelled frames of one sequence."""
    accumulator = ClearAccumulator(len(JOINTS), pairs.truth_tracks, pairs.predicted_tracks)
    for frame in pairs.frames:
        accumulator.update(frame, REACH)
    return accumulator.clear()
