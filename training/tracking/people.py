"""What trackers read and write: the people of each frame of a sequence."""

import re
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Bool, Float, Int

UNTRACKED = -1  # the id of a person whom no tracker has seen yet


@dataclass(frozen=True)
class People:
    """The people of one frame, in the order of their file or of the decoder.

    keypoints: continuous px of the frame; a joint that is not there is NaN in both coordinates.
    joint_scores, scores: confidence of each joint and of the person; 1 for annotations.
    visible: seen by the camera; a hidden joint may have coordinates all the same.
    ids: track of each person, UNTRACKED where none.
    head_boxes: x0, y0, x1, y1 in px, NaN where not annotated.
    """

    keypoints: Float[np.ndarray, "people joints 2"]
    joint_scores: Float[np.ndarray, "people joints"]
    visible: Bool[np.ndarray, "people joints"]
    scores: Float[np.ndarray, " people"]
    ids: Int[np.ndarray, " people"]
    head_boxes: Float[np.ndarray, "people 4"]

    def __len__(self) -> int:
        return len(self.keypoints)

    @property
    def present(self) -> Bool[np.ndarray, "people joints"]:
        """Joints that have a location."""
        return np.isfinite(self.keypoints).all(axis=2)


_FARTHEST = 60  # frames between neighbours: two seconds


def nobody(joints: int) -> People:
    """No people, of so many joints."""
    keypoints, each = np.zeros((0, joints, 2)), np.zeros((0, joints))
    return People(keypoints, each, each.astype(bool), np.zeros(0), np.zeros(0, np.int64), np.zeros((0, 4)))


@dataclass(frozen=True)
class Frame:
    """One picture of a sequence.

    image: path under the sequences' root. people: None where the frame is not annotated.
    ignore: polygons in px whose people count for nothing.
    """

    image: str
    image_id: int
    people: People | None
    ignore: tuple[Float[np.ndarray, "_ 2"], ...] = ()


@dataclass(frozen=True)
class Sequence:
    """Frames of one camera in their order.

    joints: names in the order of `People.keypoints`. facts: what the maker recorded (speed in heights per frame, one shirt, ...).
    """

    name: str
    joints: tuple[str, ...]
    height: int
    width: int
    frames: tuple[Frame, ...]
    facts: dict[str, float | str | bool] = field(default_factory=dict)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The number of each frame, 0 for the first: the last one in its image's name where these rise, else its place.

        A file that lists every fourth frame has them four apart. Numbers that are nowhere near one another are times.
        """
        named = [_number(frame.image) for frame in self.frames]
        gaps = [b - a if a >= 0 else 0 for a, b in pairwise(named)]
        if not gaps or not 0 < min(gaps) <= _FARTHEST:
            return tuple(range(len(named)))
        return tuple(number - named[0] for number in named)

    def pairs(self, apart: int) -> list[tuple[int, int]]:
        """Places in `frames` of every two whose numbers are so far apart, in order."""
        places = {number: place for place, number in enumerate(self.numbers)}
        return [(place, places[number + apart]) for number, place in places.items() if number + apart in places]


def _number(image: str) -> int:
    digits = re.findall(r"\d+", PurePosixPath(image).stem)
    return int(digits[-1]) if digits else -1
