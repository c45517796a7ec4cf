"""Tracking by overlap and looks (O 4.2): box IoU, and the distance of re-identification features."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, UInt8

from smpl_assets.errors import InputError
from training.tracking.baselines.boxes import Boxes, boxes, iou
from training.tracking.baselines.options import AppearanceOptions
from training.tracking.method import Method, Setting
from training.tracking.online import OnlineTracker
from training.tracking.reid import crops, load_reid
from training.tracking.tracker import Seen, Similarity

# Unit features of crops.
Embed = Callable[[UInt8[np.ndarray, "people height width 3"]], Float[np.ndarray, "people features"]]


class Appearance(Similarity):
    """S = beta IoU + (1 - beta) (1 - |f1 - f2| / 2)."""

    def __init__(self, embed: Embed, options: AppearanceOptions) -> None:
        self.embed, self.options = embed, options
        self.start()

    def start(self) -> None:
        """Forget the sequence before."""
        self._features: dict[int, Float[np.ndarray, "people features"]] = {}

    def __call__(self, before: Seen, after: Seen) -> Float[np.ndarray, "before after"]:
        """S of every pair."""
        around = [boxes(seen.people, self.options.grow) for seen in (before, after)]
        if not len(around[0]) or not len(around[1]):
            return np.zeros((len(around[0]), len(around[1])))
        one, other = (self._looks(seen, box) for seen, box in zip((before, after), around, strict=True))
        far = np.linalg.norm(one[:, None] - other[None], axis=2)
        overlap = iou(boxes(before.expected(after.number), self.options.grow), around[1])
        return self.options.beta * overlap + (1 - self.options.beta) * (1 - far / 2)

    def _looks(self, seen: Seen, around: Boxes) -> Float[np.ndarray, "people features"]:
        """Features of a frame's people, kept for the frames that still compare with it."""
        if seen.number not in self._features:
            self._features[seen.number] = self.embed(crops(seen.image, around))
            for old in sorted(self._features)[: -(self.options.memory + 2)]:
                del self._features[old]
        return self._features[seen.number]


def _open(options: AppearanceOptions, setting: Setting) -> OnlineTracker:
    """With the network that `setting.network` holds; InputError without one."""
    if setting.network is None:
        raise InputError("appearance needs a re-identification network, which is learnt from rendered people", "run track_train")
    return OnlineTracker(Appearance(load_reid(setting.network, setting.device), options), options)


APPEARANCE = Method(_open, AppearanceOptions)
