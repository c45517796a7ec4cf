"""What PoseTrack's own evaluator (poseval) says, quirk by quirk."""

from __future__ import annotations

from training.metrics.clear import Clear, ClearAccumulator
from training.metrics.posetrack_ap import JointHits, joint_hits
from training.metrics.track_pairs import JOINTS, Pairs

REACH = 0.5  # head sizes


def official_hits(pairs: Pairs) -> JointHits:
    """Predictions of the frames with annotated people; in others they cost nothing."""
    return joint_hits((f for f in pairs.frames if f.peopled), REACH)


def official_clear(pairs: Pairs) -> Clear:
    """CLEAR counts of one sequence as poseval's.

    Only frames with annotated people count, and the last of them does not. Where a frame has people on one side only (regions
    to ignore may have taken the others), every joint counts as one object missed and one false positive, however many people.
    """
    frames = [f for f in pairs.frames if f.peopled]
    accumulator = ClearAccumulator(len(JOINTS), pairs.truth_tracks, pairs.predicted_tracks)
    for frame in frames[:-1]:
        if len(frame.truth) and len(frame.predicted):
            accumulator.update(frame, REACH)
        else:
            accumulator.stand_in()
    return accumulator.clear()
