"""Tracking frame by frame: tracks are born, matched by a similarity, remembered for a while, and end."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int

from smpl_assets.errors import StageError
from training.tracking.associate import UNMATCHED, match
from training.tracking.online_settings import Life
from training.tracking.people import UNTRACKED, People
from training.tracking.tracker import Seen, Similarity

MOST_IDS = 10_000  # poseval takes ids below


class OnlineTracker:
    """A tracker without delay: each frame's people are matched to tracks seen in the last `memory` + 1 frames.

    Tracks of the newest frame choose first, those that were lost longer ago among the people left. Ids count up and never return.
    With `motion` they are looked for where their last movement leads, once there is one.
    """

    def __init__(self, similarity: Similarity, life: Life) -> None:
        self.similarity, self.life = similarity, life
        self.start()

    def start(self) -> None:
        """Begin a sequence."""
        self._frames: deque[Seen] = deque(maxlen=self.life.memory + 1)
        self._next = 0
        self.similarity.start()

    def track(self, frames: Iterable[Seen]) -> Iterator[People]:
        """One sequence, frame by frame."""
        self.start()
        for seen in frames:
            yield self.step(seen)

    def step(self, seen: Seen) -> People:
        """The next frame's people with ids; StageError where a sequence needs more than MOST_IDS of them."""
        if self._frames:
            seen = seen.with_people(self.similarity.found(self._frames[-1], seen))
        ids = self._matched(seen)
        born = np.flatnonzero((ids == UNTRACKED) & (seen.people.scores > self.life.birth))
        ids[born] = self._next + np.arange(len(born))
        self._next += len(born)
        if self._next > MOST_IDS:
            raise StageError(
                f"{seen.sequence}: more than {MOST_IDS} tracks by frame {seen.number}",
                "raise the score of birth, or cut the video",
            )
        people = replace(seen.people, ids=ids)
        self._frames.append(seen.with_people(people, self._ways(people, seen.number) if self.life.motion else None))
        return people

    def _ways(self, people: People, number: int) -> Float[np.ndarray, "people 2"]:
        """What of its way since it was seen last each track goes on with, px a frame number; NaN for a new one."""
        ways = np.full((len(people), 2), np.nan)
        unknown = people.ids != UNTRACKED
        for before in reversed(self._frames):
            again = unknown[:, None] & (people.ids[:, None] == before.people.ids)
            rows, earlier = np.nonzero(again)
            moved = people.keypoints[rows] - before.people.keypoints[earlier]
            common = np.isfinite(moved).all(2, keepdims=True)
            with np.errstate(invalid="ignore"):
                mean = np.where(common, moved, 0.0).sum(1) / common.sum(1)
            ways[rows] = self.life.motion * mean / (number - before.number)
            unknown[rows] = False
        return ways

    def _matched(self, seen: Seen) -> Int[np.ndarray, " people"]:
        ids = np.full(len(seen.people), UNTRACKED)
        known: list[np.ndarray] = []
        for before in reversed(self._frames):
            tracked = before.people.ids
            rows = np.flatnonzero((tracked != UNTRACKED) & ~np.isin(tracked, np.concatenate(known) if known else []))
            known.append(tracked)
            free = np.flatnonzero(ids == UNTRACKED)
            if not len(rows) or not len(free):
                continue
            score = self.similarity(before, seen)[np.ix_(rows, free)]
            found = match(score, self.life.least, self.life.matching)
            ids[free[found[found != UNMATCHED]]] = tracked[rows[found != UNMATCHED]]
        return ids
