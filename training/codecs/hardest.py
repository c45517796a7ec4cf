"""Heatmaps that are learnt from where they are worst: online hard keypoint mining (Chen et al. 2018, section 3.2.2)."""

from __future__ import annotations

from dataclasses import dataclass

from smpl_assets.errors import InputError
from smpl_assets.skeletons import Skeleton
from training.codecs.codec import Knobs, Loss
from training.codecs.heatmap import Heatmap, HeatmapTargets, Maps

# The paper's 8 of COCO's 17 joints
SHARE = 8 / 17


@dataclass(frozen=True)
class HardestHeatmap(Heatmap):
    """`Heatmap` whose loss counts the worst joints of each sample.

    hardest: how many; 0 = 8 of 17, of other skeletons as large a share.
    """

    hardest: int = 0

    def channels(self, skeleton: Skeleton) -> int:
        """One per keypoint; InputError for a skeleton with fewer of them than are to be mined."""
        if self.hardest > len(skeleton):
            raise InputError(
                f"train.options.hardest = {self.hardest}: {skeleton.name} has {len(skeleton)} keypoints", "leave it out"
            )
        return super().channels(skeleton)

    def loss(self, output: Maps, targets: HeatmapTargets) -> Loss:
        """Per sample the sum of the largest errors among supervised joints, and their number: at most as many as are supervised.

        The original divides by its 8 where fewer joints are annotated, too, so that such people count less.
        """
        count = self.hardest or max(1, round(SHARE * output.shape[1]))
        error = ((output - targets.heatmaps) ** 2).mean((2, 3)) * targets.supervised
        return Loss(error.topk(count, 1).values.sum(1), targets.supervised.sum(1).clamp(max=count).to(error.dtype))


def open_hardest(knobs: Knobs) -> HardestHeatmap:
    """The codec of `train.codec = "hardest"`."""
    return HardestHeatmap(knobs.sigma, knobs.decode)
