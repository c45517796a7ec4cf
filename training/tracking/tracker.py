"""What every tracker fulfils: people of consecutive frames go in, the same people with ids come out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, UInt8

from training.tracking.people import People


@dataclass(frozen=True)
class Seen:
    """What a tracker is shown of one frame.

    sequence: its name. number: of the frame in its sequence; numbers rise, and may have gaps. height, width: px.
    missing: how many numbers before it the tracker is not shown.
    people: found in it, in a tracker's own frames with their ids. ways: how far each is expected to move until the next frame
    number, px, NaN where nobody knows; None = nobody is expected to move.
    opened: gives the picture (RGB) and keeps it (`functools.cache`): who does not ask for it decodes nothing.
    """

    sequence: str
    number: int
    height: int
    width: int
    people: People
    opened: Callable[[], UInt8[np.ndarray, "height width 3"]]
    ways: Float[np.ndarray, "people 2"] | None = None
    missing: int = 0

    @property
    def place(self) -> int:
        """Its place among the frames that the tracker is shown; places have no gaps."""
        return self.number - self.missing

    @property
    def image(self) -> UInt8[np.ndarray, "height width 3"]:
        """The picture, RGB."""
        return self.opened()

    def with_people(self, people: People, ways: Float[np.ndarray, "people 2"] | None = None) -> Seen:
        """The same frame with other people."""
        return replace(self, people=people, ways=ways)

    @property
    def led(self) -> Bool[np.ndarray, " people"]:
        """Whose way is known."""
        return np.zeros(len(self.people), bool) if self.ways is None else np.isfinite(self.ways).all(1)

    def expected(self, number: int) -> People:
        """Its people where they are expected in a later frame."""
        if self.ways is None:
            return self.people
        moved = self.people.keypoints + np.nan_to_num(self.ways)[:, None] * (number - self.number)
        return replace(self.people, keypoints=moved)


@runtime_checkable
class Tracker(Protocol):
    """Gives ids to the people of sequences."""

    def track(self, frames: Iterable[Seen]) -> Iterator[People]:
        """One sequence from its beginning, frame by frame; nothing is left of the one before.

        Gives for each frame, in order and perhaps some frames later, its people: those that were found, in their order, and
        behind them any that the tracker adds. Who has no track keeps UNTRACKED.
        """
        ...


class Similarity(ABC):
    """What a tracker by pairs of frames is made of: how much people of two frames look like the same ones.

    `OnlineTracker` does the rest: matching, birth, death, memory.
    """

    @abstractmethod
    def __call__(self, before: Seen, after: Seen) -> Float[np.ndarray, "before after"]:
        """The more, the more likely; -inf where two people cannot be one. The earlier people have their ids.

        Where somebody is looked for is `before.expected(after.number)`, who was seen `before.people`.
        """

    def found(self, before: Seen, after: Seen) -> People:
        """The later frame's people, and behind them any that follow from the frame before."""
        return after.people

    def start(self) -> None:  # noqa: B027 (most remember nothing)
        """Forget the sequence before."""
