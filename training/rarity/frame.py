"""The person-centred frame in which whole poses are compared: place, size and hidden joints, free of crop and image."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64

from smpl_assets.pose_table import PoseTable
from smpl_assets.skeletons import Skeleton
from training.mpii_person import PERSON_PX, center_over, mpii_region

_BOX_SCALE_WITHIN = 1e-3
_CHUNK = 32_768
Rows = Int64[np.ndarray, " rows"]
_SCALE_SAMPLE = 20_000
_ALTERNATIONS = 8
_SCALE_QUANTILE = 0.75  # foreshortening makes limbs shorter, never longer
# A limb beyond both is no limb (perspective and long legs stay below): a joint was put on somebody or something else.
_IMPOSSIBLE_FACTOR, _IMPOSSIBLE_MORE = 2.0, 0.15


@dataclass(frozen=True)
class PersonSizes:
    """How large people are.

    given: the table's scale is a measured person size (MPII: from the head box); else sizes follow from limb lengths.
    limbs: keypoint pairs. usual: (L,) their usual lengths in person sizes. torso: that of the torso, hips to shoulders; head:
        that of the head's segment (0: not known).
    """

    given: bool
    limbs: tuple[tuple[int, int], ...]
    usual: Float[np.ndarray, " limbs"]
    torso: float
    head: float = 0.0


def person_sizes(table: PoseTable, rows: Rows, sizes: PersonSizes) -> Float[np.ndarray, " rows"]:
    """Px: 200 px x scale where that is measured, else the upper quartile over limbs of length / usual length."""
    scale = _scale_px(table, rows)
    if sizes.given or not sizes.limbs:
        return scale
    ratio = _limb_lengths(table, rows, sizes.limbs) / sizes.usual
    return np.where(np.isfinite(ratio).any(1), _upper(ratio), scale)


def scaled_by_boxes(table: PoseTable) -> bool:
    """Whether the scale of most people is but the longer side of their boxes: nothing was measured."""
    of_box = _box_scale(table)
    return len(table) > 0 and bool(np.median(np.abs(table.scale - of_box) / of_box) < _BOX_SCALE_WITHIN)


def sized_by_heads(table: PoseTable, sizes: PersonSizes) -> PoseTable:
    """The people with the scale that a set which measures heads would give them, about the middle of their boxes.

    The head's segment is as long beside it as usual. Who lacks either end gets that of the box, times the median quotient of the
    others'; so does everybody where the training set has no heads.
    """
    length, of_box = _head_lengths(table, np.arange(len(table))), _box_scale(table)
    scale = length / max(sizes.head * PERSON_PX, 1e-6)
    there = np.isfinite(length) & (sizes.head > 0)
    quotient = float(np.median((scale / of_box)[there])) if there.any() else 1.0
    scale = np.where(there, scale, quotient * of_box)
    return dataclasses.replace(table, center=center_over(table.bbox_xywh, scale), scale=scale)


def sized_by_boxes(table: PoseTable) -> PoseTable:
    """The people with the longer side of their boxes as scale, about the boxes' middles."""
    center, scale = mpii_region(table.bbox_xywh)
    return dataclasses.replace(table, center=center, scale=scale)


def _box_scale(table: PoseTable) -> Float[np.ndarray, " people"]:
    return np.maximum(mpii_region(table.bbox_xywh)[1], 1e-5)


def usual_sizes(table: PoseTable, rows: Rows, given: bool) -> PersonSizes:
    """Usual length of each limb relative to the person, found in turns with the sizes of a sample of people.

    Sizes are such that half of these people are larger than the table's 200 px x scale.
    """
    sample = rows if len(rows) <= _SCALE_SAMPLE else rows[:: len(rows) // _SCALE_SAMPLE + 1]
    limbs = tuple(table.skeleton.limb_indices)
    length = _limb_lengths(table, sample, limbs)
    people, found = np.isfinite(length).any(1), np.isfinite(length).any(0)
    if not people.any():
        return PersonSizes(given, (), np.zeros(0), 0.0)
    limbs, length = tuple(limb for limb, good in zip(limbs, found, strict=True) if good), length[people][:, found]
    size = _scale_px(table, sample)[people]
    usual = np.nanmedian(length / size[:, None], 0)
    if not given:
        for _ in range(_ALTERNATIONS):
            found_size = _upper(length / usual)
            usual = np.nanmedian(length / found_size[:, None], 0) * np.median(found_size / size)
    sizes = PersonSizes(given, limbs, np.maximum(usual, 1e-3), 0.0)
    return dataclasses.replace(sizes, torso=_usual_torso(table, sample, sizes), head=_usual_head(table, sample, sizes))


def _usual_torso(table: PoseTable, rows: Rows, sizes: PersonSizes) -> float:
    """Median torso length in person sizes; 0 where nobody's torso is annotated."""
    vector, there = torso_vector(table, rows)
    return float(np.median((np.linalg.norm(vector, axis=1) / person_sizes(table, rows, sizes))[there])) if there.any() else 0.0


def _usual_head(table: PoseTable, rows: Rows, sizes: PersonSizes) -> float:
    """Median length of the head's segment in person sizes; 0 where nobody's is annotated."""
    share = _head_lengths(table, rows) / person_sizes(table, rows, sizes)
    return float(np.nanmedian(share)) if np.isfinite(share).any() else 0.0


def _head_lengths(table: PoseTable, rows: Rows) -> Float[np.ndarray, " rows"]:
    """Px, NaN where an end is not annotated or the skeleton has no such segment."""
    ends = [table.skeleton.index(name) for name in table.skeleton.head if name in table.skeleton.keypoints]
    return _limb_lengths(table, rows, ((ends[0], ends[1]),))[:, 0] if len(ends) == 2 else np.full(len(rows), np.nan)


def impossible_limbs(table: PoseTable, rows: Rows, sizes: PersonSizes) -> Bool[np.ndarray, " rows"]:
    """Whether a limb is longer than twice its usual length and 0.15 person sizes: most likely a labelling mistake."""
    if not sizes.limbs:
        return np.zeros(len(rows), bool)
    length = _limb_lengths(table, rows, sizes.limbs) / person_sizes(table, rows, sizes)[:, None]
    return np.asarray((length > _IMPOSSIBLE_FACTOR * sizes.usual + _IMPOSSIBLE_MORE).any(1))


def _scale_px(table: PoseTable, rows: Rows) -> Float[np.ndarray, " rows"]:
    return np.maximum(np.nan_to_num(table.scale[rows]), 1e-3) * PERSON_PX


def _upper(ratio: Float[np.ndarray, "rows limbs"]) -> Float[np.ndarray, " rows"]:
    """The upper quartile over the limbs that are there; 1 where none is."""
    ordered = np.sort(np.where(np.isfinite(ratio), ratio, np.inf), 1)
    count = np.isfinite(ratio).sum(1)
    position = np.clip(np.ceil(_SCALE_QUANTILE * count).astype(int) - 1, 0, None)
    value = ordered[np.arange(len(ratio)), position]
    return np.where(count > 0, np.maximum(np.where(np.isfinite(value), value, 1.0), 1e-6), 1.0)


def _limb_lengths(table: PoseTable, rows: Rows, limbs: tuple[tuple[int, int], ...]) -> Float[np.ndarray, "rows limbs"]:
    """Px, NaN where an end is not annotated or the ends coincide."""
    first, second = (np.array([limb[k] for limb in limbs], int) for k in (0, 1))
    keypoints, annotated = table.keypoints[rows], table.annotated[rows]
    length = np.linalg.norm(keypoints[:, first] - keypoints[:, second], axis=2)
    known = annotated[:, first] & annotated[:, second] & (length > 1e-3)
    return np.where(known, length, np.nan)


@dataclass(frozen=True)
class FramedPoses:
    """M people in their own frame.

    joints: (M, J, 3) x, y in person sizes from the mean of the annotated joints, and 1 where a joint is annotated but
        hidden; zero where not known.
    known: (M, J).
    """

    joints: Float[np.ndarray, "poses joints 3"]
    known: Bool[np.ndarray, "poses joints"]

    def __len__(self) -> int:
        return len(self.joints)


def frame_poses(table: PoseTable, rows: Rows, sizes: PersonSizes) -> FramedPoses:
    """The people of `rows` in their own frame."""
    joints = np.zeros((len(rows), table.keypoints.shape[1], 3), np.float32)
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK]
        known = table.annotated[part]
        values = np.where(known[..., None], table.keypoints[part], 0.0)
        middle = values.sum(1) / np.maximum(known.sum(1), 1)[:, None]
        centred = (values - middle[:, None]) / person_sizes(table, part, sizes)[:, None, None]
        joints[start : start + len(part), :, :2] = np.where(known[..., None], centred, 0.0)
        joints[start : start + len(part), :, 2] = known & ~table.visible[part]
    return FramedPoses(joints, table.annotated[rows])


def tells_hidden(table: PoseTable) -> bool:
    """Whether its flags tell hidden joints from seen ones; in sets where all are seen, or none, they say nothing."""
    return bool(table.visible.any() and (table.annotated & ~table.visible).any())


def mirrored(joints: Float[np.ndarray, "poses joints axes"], skeleton: Skeleton) -> Float[np.ndarray, "poses joints axes"]:
    """The mirror images: x negated, left and right swapped."""
    flipped = joints[:, list(skeleton.flip)].copy()
    flipped[..., 0] *= -1
    return flipped


_TOP = ("left_shoulder", "right_shoulder")
_BOTTOM = ("left_hip", "right_hip")
Points = Float[np.ndarray, "people 2"]
There = Bool[np.ndarray, " people"]


def torso_vector(table: PoseTable, rows: Rows | None = None) -> tuple[Points, There]:
    """Px from the middle of the hips to the middle of the shoulders, and whether both are annotated.

    One hip or one shoulder is enough. `rows`: of these people, None for all.
    """
    top, has_top = _middle(table, _TOP, rows)
    bottom, has_bottom = _middle(table, _BOTTOM, rows)
    vector = top - bottom
    return vector, has_top & has_bottom & (np.linalg.norm(vector, axis=1) > 1e-3)


def tilt(table: PoseTable) -> Float[np.ndarray, " people"]:
    """Rad, in-plane angle of the torso from upright in (-pi, pi]; NaN where the torso is not annotated."""
    vector, there = torso_vector(table)
    return np.where(there, np.arctan2(vector[:, 0], -vector[:, 1]), np.nan)


def _middle(table: PoseTable, joints: tuple[str, ...], rows: Rows | None) -> tuple[Points, There]:
    """Mean of those of the joints that are annotated, and whether any is."""
    people: slice | Rows = slice(None) if rows is None else rows
    known = [table.skeleton.index(joint) for joint in joints if joint in table.skeleton.keypoints]
    mask = np.asarray(table.annotated[people])[:, known]
    total = (table.keypoints[people][:, known] * mask[..., None]).sum(1)
    return total / np.maximum(mask.sum(1), 1)[:, None], np.asarray(mask.any(1))
