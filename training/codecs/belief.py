"""Belief maps: a Gaussian per joint and, as the last map, the background (Wei et al. 2016)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, cat

from smpl_assets.skeletons import Skeleton
from training.codecs.codec import Found, Frame, Knobs, People
from training.codecs.heatmap import Heatmap, HeatmapTargets, Maps


@dataclass(frozen=True)
class Belief(Heatmap):
    """`Heatmap` with one map more: 1 minus the largest of the joints' Gaussians.

    The background is learnt from people with any supervised joint; where others of theirs are, it takes for background.
    """

    def channels(self, skeleton: Skeleton) -> int:
        """One per keypoint, and the background's."""
        return len(skeleton) + 1

    def targets(self, people: People, frame: Frame) -> HeatmapTargets:
        """Gaussians about the joints of the subjects, and the background."""
        joints = super().targets(people, frame)
        background = 1 - joints.heatmaps.amax(1, keepdim=True)
        supervised = cat([joints.supervised, joints.supervised.any(1, keepdim=True)], 1)
        return HeatmapTargets(cat([joints.heatmaps, background], 1), supervised)

    def mirror(self, output: Maps, flip: tuple[int, ...]) -> Maps:
        """Turned back, left and right joints swapped."""
        mirrored: Tensor = super().mirror(output, (*flip, len(flip)))
        return mirrored

    def decode(self, output: Maps, frame: Frame) -> Found:
        """The peaks of the joints' maps."""
        return super().decode(output[:, :-1], frame)


def open_belief(knobs: Knobs) -> Belief:
    """The codec of `train.codec = "belief"`."""
    return Belief(knobs.sigma, knobs.decode)
