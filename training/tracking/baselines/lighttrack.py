"""Tracking by place, and at keyframes by pose (LightTrack, Ning and Huang 2019): a Siamese graph network compares poses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from smpl_assets.errors import InputError
from training.tracking.baselines.boxes import boxes, iou
from training.tracking.baselines.options import LightTrackOptions
from training.tracking.method import Method, Setting
from training.tracking.online import OnlineTracker
from training.tracking.people import People
from training.tracking.pose_graph import load_graph
from training.tracking.tracker import Seen, Similarity

Embed = Callable[[People], Float[np.ndarray, "people features"]]


class LightTrack(Similarity):
    """1 to 2 for people who overlap; at keyframes .5 to 1 for others of like poses; the rest cannot be one."""

    def __init__(self, embed: Embed, options: LightTrackOptions) -> None:
        self.embed, self.options = embed, options

    def __call__(self, before: Seen, after: Seen) -> Float[np.ndarray, "before after"]:
        """Spatial consistency first, pose similarity behind it."""
        around = [boxes(people, self.options.grow) for people in (before.expected(after.number), after.people)]
        overlap = iou(around[0], around[1])
        score = np.full(overlap.shape, -np.inf)
        if score.size and after.place % self.options.keyframes == 0:
            one, other = self.embed(before.people), self.embed(after.people)
            far = np.linalg.norm(one[:, None] - other[None], axis=2) / self.options.farthest
            score = np.where(far <= 1, 1 - far / 2, score)
        return np.where(overlap > self.options.overlap, 1 + overlap, score)


def _open(options: LightTrackOptions, setting: Setting) -> OnlineTracker:
    """With the network that `setting.network` holds; InputError without one."""
    if setting.network is None:
        raise InputError("lighttrack needs a network of poses, which is learnt from rendered people", "run track_train")
    return OnlineTracker(LightTrack(load_graph(setting.network, setting.skeleton, setting.device), options), options)


LIGHTTRACK = Method(_open, LightTrackOptions)
