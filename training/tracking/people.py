"""What trackers read and write: the people of each frame of a sequence."""

from dataclasses import dataclass, field

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
