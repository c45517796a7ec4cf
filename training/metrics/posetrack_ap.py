"""PoseTrack's average precision of each joint: predictions are given to people by pose, then judged joint by joint."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from training.metrics.track_pairs import JOINTS, Pair


@dataclass(frozen=True)
class JointHits:
    """Predicted joints of some frames, all joint types after each other.

    joint: which it is; score; hit: whether it is right. annotated: (J,) joints of the ground truth.
    """

    joint: Int[np.ndarray, " found"]
    score: Float[np.ndarray, " found"]
    hit: Bool[np.ndarray, " found"]
    annotated: Float[np.ndarray, " joints"]


@dataclass(frozen=True)
class Precision:
    """Per joint, in percent: average precision, precision and recall of all predictions; NaN where undefined."""

    ap: Float[np.ndarray, " joints"]
    precision: Float[np.ndarray, " joints"]
    recall: Float[np.ndarray, " joints"]


def joint_hits(frames: Iterable[Pair], reach: float) -> JointHits:
    """Every predicted joint of the frames, judged.

    A prediction keeps the person of whose annotated joints it has the largest share within `reach` head sizes, a person the
    prediction that has the largest share of it, the first of equal ones. Joints of predictions that no person kept are wrong, and
    so is a joint that its person lacks.
    """
    joints, scores, hits = [np.empty(0, np.int64)], [np.empty(0)], [np.empty(0, bool)]
    annotated = np.zeros(len(JOINTS))
    for frame in frames:
        found = frame.found
        annotated += frame.annotated.sum(0)
        person, joint = np.nonzero(found)
        joints.append(joint)
        scores.append(frame.scores[person, joint])
        hits.append(_right(frame, reach)[person, joint])
    return JointHits(np.concatenate(joints), np.concatenate(scores), np.concatenate(hits), annotated)


def _right(frame: Pair, reach: float) -> Bool[np.ndarray, "predicted joints"]:
    near = frame.distance <= reach
    right = np.zeros(near.shape[1:], bool)
    if near.size:
        share = near.sum(2) / np.maximum(frame.annotated.sum(1), 1)[:, None]
        own = np.arange(len(share))[:, None] == share.argmax(0)
        share = np.where(own, share, 0.0)
        best = share.argmax(1)
        kept = share.max(1) > 0
        right[best[kept]] = near[np.flatnonzero(kept), best[kept]]
    return right


def average_precision(hits: JointHits) -> Precision:
    """VOC's area under the monotone precision of each joint, over predictions by falling score.

    Equal scores stand in reverse order of the file (a stable order; poseval leaves it to numpy's sorting). As in poseval: 0 where
    nothing is predicted, NaN where a joint is predicted that is nowhere annotated.
    """
    result = np.zeros((3, len(hits.annotated)))
    for joint, total in enumerate(hits.annotated):
        rows = np.flatnonzero(hits.joint == joint)
        if not len(rows):
            continue
        right = np.cumsum(hits.hit[rows[np.argsort(hits.score[rows], kind="stable")[::-1]]])
        precision = right / np.arange(1, len(rows) + 1)
        recall = right / total if total else np.full(len(rows), np.nan)
        result[:, joint] = area(recall, precision), precision[-1], recall[-1]
    return Precision(*(100.0 * result))


def area(recall: Float[np.ndarray, " found"], precision: Float[np.ndarray, " found"]) -> float:
    """Area under the precision that falls with recall."""
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall, prepend=0.0) * envelope).sum())
