"""Tracking by object keypoint similarity of poses (Simple Baselines' spatial matching, Xiao et al. 2018)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from training.tracking.baselines.options import OksOptions
from training.tracking.method import Method, Setting
from training.tracking.online import OnlineTracker
from training.tracking.people import People
from training.tracking.tracker import Seen, Similarity


def pose_oks(before: People, after: People, sigmas: Float[np.ndarray, " joints"]) -> Float[np.ndarray, "before after"]:
    """Mean of exp(-d^2 / (2 area (2 sigma)^2)) over common joints; area of the earlier person's box; 0 without common joints."""
    squared = ((before.keypoints[:, None] - after.keypoints[None]) ** 2).sum(3)
    common = np.isfinite(squared)
    there = before.present[..., None]
    high = np.where(there, before.keypoints, -np.inf).max(1, initial=-np.inf)
    low = np.where(there, before.keypoints, np.inf).min(1, initial=np.inf)
    area = np.maximum(np.where(np.isfinite(high), high - low, 0.0), 1.0).prod(1)
    near = np.exp(-np.where(common, squared, 0.0) / (2 * area[:, None, None] * (2 * sigmas) ** 2))
    return (near * common).sum(2) / np.maximum(common.sum(2), 1)


class PoseOverlap(Similarity):
    """OKS of the later pose with the earlier one."""

    def __init__(self, options: OksOptions, setting: Setting) -> None:
        self.sigmas = options.wide * np.array(setting.skeleton.sigmas)

    def __call__(self, before: Seen, after: Seen) -> Float[np.ndarray, "before after"]:
        """OKS of every pair."""
        return pose_oks(before.expected(after.number), after.people, self.sigmas)


OKS = Method(lambda options, setting: OnlineTracker(PoseOverlap(options, setting), options), OksOptions)
