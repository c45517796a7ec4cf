"""Tracking by OKS of poses that optical flow has moved (Simple Baselines, Xiao et al. 2018)."""

from __future__ import annotations

from dataclasses import fields, replace

import cv2
import numpy as np
from jaxtyping import Bool, Float

from training.tracking.baselines.oks import pose_oks
from training.tracking.baselines.options import FlowOptions
from training.tracking.method import Method, Setting
from training.tracking.online import OnlineTracker
from training.tracking.people import UNTRACKED, People
from training.tracking.tracker import Seen, Similarity

_LEAST_SIDE = 32  # px; OpenCV's pyramids need that much


class FlowOverlap(Similarity):
    """OKS with the earlier pose at its place in the later frame.

    The sources give the boxes of moved poses to a pose network again; without one the moved pose itself is the candidate.
    """

    def __init__(self, options: FlowOptions, setting: Setting) -> None:
        self.options, self.sigmas = options, options.wide * np.array(setting.skeleton.sigmas)
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self.start()

    def start(self) -> None:
        """Forget the sequence before."""
        self._known: dict[tuple[int, int], Float[np.ndarray, "height width 2"]] = {}

    def __call__(self, before: Seen, after: Seen) -> Float[np.ndarray, "before after"]:
        """OKS of every pair."""
        return pose_oks(self.moved(before, after), after.people, self.sigmas)

    def found(self, before: Seen, after: Seen) -> People:
        """The later frame's people, and those tracked before whom nobody found there."""
        if not self.options.propose or not len(before.people):
            return after.people
        moved = self.moved(before, after)
        again = pose_oks(moved, after.people, self.sigmas).max(1, initial=0.0) >= self.options.same
        scores = moved.scores * self.options.decay
        lost = (moved.ids != UNTRACKED) & ~again & moved.present.any(1) & (scores >= self.options.least_score)
        added = replace(
            moved, scores=scores, ids=np.full(len(moved), UNTRACKED), joint_scores=moved.joint_scores * self.options.decay
        )
        return _joined(after.people, added, lost)

    def moved(self, before: Seen, after: Seen) -> People:
        """The earlier people where flow takes them; joints that leave the picture are gone."""
        flow = self._flow(before, after)
        size = np.array([before.width, before.height])
        cells = np.clip(np.nan_to_num(before.people.keypoints), 0, size - 1).astype(int)
        places = before.people.keypoints + flow[cells[..., 1], cells[..., 0]]
        inside = ((places >= 0) & (places <= size)).all(2)
        return replace(
            before.people, keypoints=np.where(inside[..., None], places, np.nan), visible=before.people.visible & inside
        )

    def _flow(self, before: Seen, after: Seen) -> Float[np.ndarray, "height width 2"]:
        key = before.number, after.number
        if key not in self._known:
            if min(before.height, before.width) < _LEAST_SIDE:
                return np.zeros((before.height, before.width, 2))
            one, other = (cv2.cvtColor(seen.image, cv2.COLOR_RGB2GRAY) for seen in (before, after))
            still = np.zeros((before.height, before.width, 2), np.float32)
            if self.options.method == "dis":
                flow = self._dis.calc(one, other, still)
            else:
                flow = cv2.calcOpticalFlowFarneback(one, other, still, 0.5, 4, 21, 3, 7, 1.5, 0)
            self._known = {k: v for k, v in self._known.items() if k[1] == after.number} | {key: np.asarray(flow, np.float64)}
        return self._known[key]


def _joined(people: People, others: People, rows: Bool[np.ndarray, " others"]) -> People:
    names = [f.name for f in fields(People)]
    return People(**{n: np.concatenate([getattr(people, n), getattr(others, n)[rows]]) for n in names})


FLOW = Method(lambda options, setting: OnlineTracker(FlowOverlap(options, setting), options), FlowOptions)
