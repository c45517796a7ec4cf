"""Poses of a frame from the spatial part's maps."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from smpl_assets.skeletons import Skeleton
from training.tracking.decode_settings import DecodeSettings
from training.tracking.grouping import group
from training.tracking.peaks import find_peaks, find_peaks_upsampled
from training.tracking.people import People
from training.tracking.score import heights
from training.tracking.skeleton_limbs import Limbs

APART_CELLS, APART_SHARE = 1.5, 0.03
SAME_OKS = 0.9


def decode(
    heat: Float[Tensor, "maps rows columns"], affinity: Float[Tensor, "channels rows columns"], limbs: Limbs, stride: int,
    size_wh: tuple[int, int], settings: DecodeSettings, peak: float,
) -> People:  # fmt: skip
    """The people of one frame, the strongest first.

    Args:
        heat: the last stage's, the background last.
        affinity: of the same stage.
        limbs: of the skeleton.
        stride: px per cell.
        size_wh: of the picture before it was padded.
        settings: how.
        peak: `settings.peak`, resolved.
    """
    apart = max(APART_CELLS * stride, APART_SHARE * size_wh[1]) if settings.joint_nms else 0.0
    search = find_peaks_upsampled if settings.upsample else find_peaks
    peaks = search(heat[:-1].float().cpu().numpy(), stride, peak, size_wh, apart)
    people = group(peaks, affinity.float().cpu(), limbs, stride, size_wh[1], settings.least_joints, settings.least_score)
    return without_doubles(people, limbs.skeleton) if settings.joint_nms else people


def without_doubles(people: People, skeleton: Skeleton) -> People:
    """Without people who lie on a stronger one: OKS of the weaker one's joints above SAME_OKS. The strongest come first."""
    area = heights(people.keypoints) ** 2 / 2
    gap = ((people.keypoints[:, None] - people.keypoints) ** 2).sum(3)
    likeness = np.exp(-gap / (8 * area[:, None, None] * np.square(skeleton.sigmas))).clip(0, 1)
    oks = np.nan_to_num(likeness).sum(2) / np.maximum(people.present.sum(1), 1)
    return chosen(people, np.flatnonzero(~(np.triu(oks > SAME_OKS, 1)).any(0)))


def chosen(people: People, rows: Int[np.ndarray, " rows"]) -> People:
    """Some of the people, in the order of `rows`."""
    return replace(people, **{f.name: getattr(people, f.name)[rows] for f in fields(People)})
