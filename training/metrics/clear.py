"""CLEAR MOT counts of every joint at once, as motmetrics counts them (Bernardin and Stiefelhagen 2008)."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Bool, Float, Int

from training.metrics.assignment import cheapest_pairs
from training.metrics.sums import Sums
from training.metrics.track_pairs import Pair

NOBODY = -1
PerJoint = Float[np.ndarray, " joints"]
Pairing = Float[np.ndarray, "joints truth predicted"]


@dataclass(frozen=True)
class Clear(Sums):
    """Per joint: annotated objects; matches (switches among them); misses; switches; false positives.

    distance: sum over matches, in head sizes. event_distance: the sum that poseval divides by, over all rows of motmetrics'
    table of events: every pair within reach once, matches and switches again, and again where a track ascends, is transferred or
    migrates.
    """

    objects: PerJoint
    matches: PerJoint
    misses: PerJoint
    switches: PerJoint
    false_positives: PerJoint
    distance: PerJoint
    event_distance: PerJoint


class ClearAccumulator:
    """Frame by frame over one sequence.

    A pair of the frame before stays while it is within reach; others are matched for the least total distance, as many as
    possible.
    """

    def __init__(self, joints: int, truth_tracks: int, predicted_tracks: int) -> None:
        self._sums = {f.name: np.zeros(joints) for f in fields(Clear)}
        self._last = np.full((joints, truth_tracks), NOBODY)  # the prediction that each object was matched with last
        self._object = np.full((joints, predicted_tracks), NOBODY)  # the object that each prediction was newly matched with last
        self._matched = np.zeros((joints, truth_tracks), bool)
        self._used = np.zeros((joints, predicted_tracks), bool)
        self._column = np.full(predicted_tracks + 1, NOBODY)  # of each prediction in this frame; the last entry is nobody's
        self._rows = np.arange(joints)

    def clear(self) -> Clear:
        """The counts so far."""
        return Clear(**self._sums)

    def stand_in(self) -> None:
        """A frame in which every joint counts as one object that was missed, and one false positive."""
        for name in ("objects", "misses", "false_positives"):
            self._sums[name] += 1

    def update(self, frame: Pair, reach: float) -> None:
        """The next frame; pairs farther than `reach` head sizes are none."""
        cost = np.where(frame.distance <= reach, frame.distance, np.inf).transpose(2, 0, 1)
        annotated, found = frame.annotated.T, frame.found.T
        self._add("event_distance", np.where(np.isfinite(cost), cost, 0.0).sum((1, 2)))
        self._add("objects", annotated.sum(1))
        kept = self._keep(cost, frame)
        taken = kept.any(2, keepdims=True) | kept.any(1, keepdims=True)
        free = np.where(taken, np.inf, cost)
        new = self._assign(free, annotated, found)
        self._count_kept(cost, kept, frame)
        self._count_new(cost, new, frame)
        both = kept | new
        self._add("misses", (annotated & ~both.any(2)).sum(1))
        self._add("false_positives", (found & ~both.any(1)).sum(1))

    def _add(self, name: str, values: np.ndarray) -> None:
        self._sums[name] += values

    def _keep(self, cost: Pairing, frame: Pair) -> Bool[np.ndarray, "joints truth predicted"]:
        """Pairs of before that are still within reach; where two objects claim one prediction, the first has it."""
        kept = np.zeros(cost.shape, bool)
        if not cost.size:
            return kept
        self._column[frame.predicted_ids] = np.arange(len(frame.predicted_ids))
        column = self._column[self._last[:, frame.truth_ids]]
        self._column[frame.predicted_ids] = NOBODY
        joint, row = np.nonzero(column != NOBODY)
        near = np.isfinite(cost[joint, row, column[joint, row]])
        kept[joint[near], row[near], column[joint, row][near]] = True
        first = np.cumsum(kept, axis=1) == 1
        return kept & first

    @staticmethod
    def _assign(
        cost: Pairing, annotated: Bool[np.ndarray, "joints truth"], found: Bool[np.ndarray, "joints predicted"]
    ) -> Bool[np.ndarray, "joints truth predicted"]:
        """New pairs of least total distance."""
        pairs = np.isfinite(cost)
        if not pairs.size:
            return pairs
        contested = (pairs.sum(1).max(1) > 1) | (pairs.sum(2).max(1) > 1)
        for joint in np.flatnonzero(contested):
            rows, columns = np.flatnonzero(annotated[joint]), np.flatnonzero(found[joint])
            some, others = cheapest_pairs(cost[joint][np.ix_(rows, columns)])
            pairs[joint] = False
            pairs[joint, rows[some], columns[others]] = True
        return pairs

    def _count_kept(self, cost: Pairing, kept: Bool[np.ndarray, "joints truth predicted"], frame: Pair) -> None:
        joint, row, column = np.nonzero(kept)
        self._matched[joint, frame.truth_ids[row]] = True
        self._used[joint, frame.predicted_ids[column]] = True
        self._sum(joint, cost[joint, row, column], ("distance", "event_distance"))
        self._sum(joint, np.ones(len(joint)), ("matches",))

    def _count_new(self, cost: Pairing, new: Bool[np.ndarray, "joints truth predicted"], frame: Pair) -> None:
        joint, row, column = np.nonzero(new)
        thing, hypothesis, far = frame.truth_ids[row], frame.predicted_ids[column], cost[joint, row, column]
        before, owner = self._last[joint, thing], self._object[joint, hypothesis]
        switched = (before != NOBODY) & (before != hypothesis)
        transferred = (owner != NOBODY) & (owner != thing)
        ascended = switched & ~self._used[joint, hypothesis]
        migrated = transferred & ~self._matched[joint, thing]
        self._sum(joint, far, ("distance",))
        self._sum(joint, far * (1.0 + ascended + transferred + migrated), ("event_distance",))
        self._sum(joint, np.ones(len(joint)), ("matches",))
        self._sum(joint, switched.astype(float), ("switches",))
        self._last[joint, thing], self._object[joint, hypothesis] = hypothesis, thing
        self._matched[joint, thing] = self._used[joint, hypothesis] = True

    def _sum(self, joint: Int[np.ndarray, " pairs"], values: Float[np.ndarray, " pairs"], names: tuple[str, ...]) -> None:
        sums = np.bincount(joint, values, minlength=len(self._rows))
        for name in names:
            self._sums[name] += sums
