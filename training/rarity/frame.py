"""The person-centred frame in which whole poses are compared: place, size and hidden joints, free of crop and image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from smpl_assets.skeletons import Skeleton
from training.datasets.pose_table import PoseTable

PERSON_PX = 200.0  # a person of scale 1 (PoseTable.scale)
_CHUNK = 262_144
_SCALE_SAMPLE = 20_000
_SCALE_QUANTILE = 0.75  # foreshortening makes limbs shorter, never longer


@dataclass(frozen=True)
class LimbLengths:
    """Usual limb lengths in person sizes, from which a person's size follows where the data set gives none."""

    limbs: tuple[tuple[int, int], ...]
    usual: Float[np.ndarray, " limbs"]


def person_sizes(table: PoseTable, rows: np.ndarray, limbs: LimbLengths | None) -> np.ndarray:
    """(M,) px: size of each person; with `limbs` the upper quartile over limbs of length / usual length, else 200 px x scale."""
    given = np.maximum(np.nan_to_num(table.scale[rows]), 1e-3) * PERSON_PX
    if limbs is None:
        return given
    ratio = _limb_lengths(table, rows, limbs.limbs) / limbs.usual
    return np.where(np.isfinite(ratio).any(1), _upper(ratio), given)


def usual_limb_lengths(table: PoseTable, rows: np.ndarray) -> LimbLengths:
    """Usual length of each limb relative to the person, found together with the sizes of a sample of people (alternating)."""
    sample = rows if len(rows) <= _SCALE_SAMPLE else rows[:: len(rows) // _SCALE_SAMPLE + 1]
    limbs = tuple(table.skeleton.limb_indices)
    length = _limb_lengths(table, sample, limbs)
    people, found = np.isfinite(length).any(1), np.isfinite(length).any(0)
    if not people.any():
        return LimbLengths((), np.zeros(0))
    limbs, length = tuple(limb for limb, good in zip(limbs, found, strict=True) if good), length[people][:, found]
    size = np.maximum(table.scale[sample][people], 1e-3) * PERSON_PX
    usual = np.nanmedian(length / size[:, None], 0)
    for _ in range(8):
        usual = np.maximum(np.nanmedian(length / _upper(length / usual)[:, None], 0), 1e-3)
    return LimbLengths(limbs, usual)


def _upper(ratio: np.ndarray) -> np.ndarray:
    """The upper quartile over the limbs that are there; 1 where none is."""
    ordered = np.sort(np.where(np.isfinite(ratio), ratio, np.inf), 1)
    count = np.isfinite(ratio).sum(1)
    position = np.clip(np.ceil(_SCALE_QUANTILE * count).astype(int) - 1, 0, None)
    value = ordered[np.arange(len(ratio)), position]
    return np.where(count > 0, np.maximum(np.where(np.isfinite(value), value, 1.0), 1e-6), 1.0)


def _limb_lengths(table: PoseTable, rows: np.ndarray, limbs: tuple[tuple[int, int], ...]) -> np.ndarray:
    """(M, L) px, NaN where an end is not annotated or the ends coincide."""
    first, second = (np.array([limb[k] for limb in limbs], int) for k in (0, 1))
    length = np.linalg.norm(table.keypoints[rows][:, first] - table.keypoints[rows][:, second], axis=2)
    known = table.annotated[rows][:, first] & table.annotated[rows][:, second] & (length > 1e-3)
    return np.where(known, length, np.nan)


@dataclass(frozen=True)
class FramedPoses:
    """M people in their own frame.

    rows: (M,) rows of the table.
    joints: (M, J, 3) x, y in person sizes from the mean of the annotated joints, and 1 where a joint is annotated but
        hidden; zero where not known.
    known: (M, J).
    """

    rows: np.ndarray
    joints: Float[np.ndarray, "poses joints 3"]
    known: Bool[np.ndarray, "poses joints"]

    def __len__(self) -> int:
        return len(self.rows)


def frame_poses(table: PoseTable, rows: np.ndarray, limbs: LimbLengths | None) -> FramedPoses:
    """The people of `rows` in their own frame."""
    joints = np.zeros((len(rows), table.keypoints.shape[1], 3), np.float32)
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK]
        known = table.annotated[part]
        values = np.where(known[..., None], table.keypoints[part], 0.0)
        middle = values.sum(1) / np.maximum(known.sum(1), 1)[:, None]
        size = person_sizes(table, part, limbs)
        centred = (values - middle[:, None]) / size[:, None, None]
        joints[start : start + len(part), :, :2] = np.where(known[..., None], centred, 0.0)
        joints[start : start + len(part), :, 2] = known & ~table.visible[part]
    return FramedPoses(rows, joints, table.annotated[rows])


def mirrored(joints: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """The mirror images (M, J, D): x negated, left and right swapped."""
    flipped = joints[:, list(skeleton.flip)].copy()
    flipped[..., 0] *= -1
    return flipped
