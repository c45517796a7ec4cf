"""The length in which errors of a track's joints are measured."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from smpl_assets.errors import InputError
from smpl_assets.skipped import Skipped
from training.tracking.people import Sequence

OF_BOX = 0.6  # of the head box's diagonal, as PCKh of MPII and PoseTrack
BY_SKELETON = "no head box: the head's length is taken"
BY_TRACK = "no head box and no head: the track's usual head size is taken"
BY_SEQUENCE = "no head box and no head: the sequence's usual head size is taken"
_HEAD = ("head_bottom", "head_top")


def head_sizes(sequence: Sequence, noted: Skipped) -> list[Float[np.ndarray, " people"]]:
    """Head size (px) of everybody in each labelled frame; `noted` counts whose head box is missing or has no area.

    .6 of the head box's diagonal; without a box the distance of the skeleton's two head joints, else the median of the person's
    other frames, else that of the sequence.

    Raises:
        InputError: nobody in the sequence has a head box or a head.
    """
    labelled = [(f.image, f.people) for f in sequence.frames if f.people is not None]
    ids = np.concatenate([np.empty(0, np.int64), *(p.ids for _, p in labelled)])
    images = [image for image, people in labelled for _ in range(len(people))]
    boxes = np.concatenate([np.empty((0, 4)), *(p.head_boxes for _, p in labelled)])
    sides = boxes[:, 2:] - boxes[:, :2]
    sizes = np.where(((sides > 0) & np.isfinite(sides)).all(1), OF_BOX * np.linalg.norm(sides, axis=1), np.nan)
    if set(_HEAD) <= set(sequence.joints):
        bottom, top = (
            np.concatenate([np.empty((0, 2)), *(p.keypoints[:, sequence.joints.index(n)] for _, p in labelled)]) for n in _HEAD
        )
        length = np.linalg.norm(top - bottom, axis=1)
        sizes = _filled(sizes, np.where(length > 0, length, np.nan), BY_SKELETON, sequence.name, images, noted)
    known, missing = np.isfinite(sizes), np.unique(ids[~np.isfinite(sizes)])
    usual = {track: np.median(sizes[known & (ids == track)]) for track in missing if (known & (ids == track)).any()}
    sizes = _filled(sizes, np.array([usual.get(i, np.nan) for i in ids]), BY_TRACK, sequence.name, images, noted)
    if len(sizes) and not known.any():
        raise InputError(
            f"{sequence.name}: nobody has a head box with an area or both head joints; distances are measured in head sizes",
            "give `bbox_head`, or annotate head_bottom and head_top",
        )
    rest = np.full(len(sizes), np.median(sizes[known]) if known.any() else np.nan)
    sizes = _filled(sizes, rest, BY_SEQUENCE, sequence.name, images, noted)
    return np.split(sizes, np.cumsum([len(p) for _, p in labelled])[:-1]) if labelled else []


def _filled(sizes: np.ndarray, others: np.ndarray, what: str, name: str, images: list[str], noted: Skipped) -> np.ndarray:
    """`sizes` with `others` where they are NaN, which is noted."""
    taken = np.isnan(sizes) & np.isfinite(others)
    for row in np.flatnonzero(taken):
        noted.note(what, name, images[row])
    return np.where(taken, others, sizes)
