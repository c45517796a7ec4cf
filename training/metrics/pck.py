"""Percentage of correct keypoints, by torso (eq 2.1) and by head segment (eq 2.2)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from smpl_assets.pose_table import PoseTable
from smpl_assets.skeletons import Skeleton

GROUPS = ("head", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
_HEAD = ("nose", "eye", "ear", "head_top", "head_bottom", "head", "neck")


def joint_groups(skeleton: Skeleton) -> dict[str, tuple[int, ...]]:
    """Group name -> keypoint indices, in the table's order; keypoints of no group (pelvis, thorax) are in none."""
    groups: dict[str, list[int]] = {}
    for index, name in enumerate(skeleton.keypoints):
        bare = name.removeprefix("left_").removeprefix("right_")
        group = "head" if bare in _HEAD else bare
        if group in GROUPS:
            groups.setdefault(group, []).append(index)
    return {name: tuple(groups[name]) for name in GROUPS if name in groups}


PCKH_LEFT_OUT = ("pelvis", "thorax")


def torso_lengths(table: PoseTable) -> Float[np.ndarray, " people"]:
    """Left shoulder to right hip, px; the mirrored diagonal where one of these is not annotated, NaN where neither is."""
    first = _distance(table, table.skeleton.torso)
    return np.where(np.isfinite(first), first, _distance(table, _mirrored(table.skeleton)))


def head_lengths(table: PoseTable) -> Float[np.ndarray, " people"]:
    """The data set's head sizes, px; where it has none, the length of the head segment; NaN where neither is known."""
    given = np.where(table.head_size > 0, table.head_size, np.nan)
    if not table.skeleton.head:
        return given
    return np.where(np.isfinite(given), given, _distance(table, table.skeleton.head))


def correct_joints(
    predicted: Float[np.ndarray, "people joints 2"],
    table: PoseTable,
    lengths: Float[np.ndarray, " people"],
    share: float,
    left_out: tuple[str, ...] = (),
) -> tuple[Bool[np.ndarray, "people joints"], Bool[np.ndarray, "people joints"]]:
    """Joints within `share` of the person's length, and the joints that count.

    A joint counts if it is annotated (seen or hidden), not named in `left_out`, and the person's length is known.
    """
    counted = table.annotated & np.isfinite(lengths)[:, None]
    for name in left_out:
        if name in table.skeleton.keypoints:
            counted[:, table.skeleton.index(name)] = False
    distance = np.linalg.norm(predicted - table.keypoints, axis=2)
    return counted & (distance <= share * np.where(np.isfinite(lengths), lengths, 0.0)[:, None]), counted


def torso_errors(predicted: Float[np.ndarray, "people joints 2"], table: PoseTable) -> Float[np.ndarray, " people"]:
    """Mean distance of each person's annotated joints, in torso lengths; NaN where the torso's length is not known.

    A joint that is farther off than a torso counts as one: it is lost, and so are all of a person whom nobody found (NaN).
    """
    lengths = torso_lengths(table)
    counted = table.annotated & np.isfinite(lengths)[:, None]
    distance = np.linalg.norm(predicted - table.keypoints, axis=2) / np.where(np.isfinite(lengths), lengths, 1.0)[:, None]
    lost = np.where(counted, np.fmin(distance, 1.0), 0.0)
    joints = counted.sum(1)
    return np.divide(lost.sum(1), joints, out=np.full(len(table), np.nan), where=joints > 0)


def _mirrored(skeleton: Skeleton) -> tuple[str, ...]:
    other = {one: two for pair in skeleton.sides for one, two in (pair, pair[::-1])}
    return tuple(other.get(n, n) for n in skeleton.torso)


def _distance(table: PoseTable, pair: tuple[str, ...]) -> Float[np.ndarray, " people"]:
    """Distance of two keypoints, px; NaN where one is not annotated or they coincide."""
    if any(name not in table.skeleton.keypoints for name in pair):
        return np.full(len(table), np.nan)
    a, b = (table.skeleton.index(name) for name in pair)
    length = np.linalg.norm(table.keypoints[:, a] - table.keypoints[:, b], axis=1)
    return np.where(table.annotated[:, a] & table.annotated[:, b] & (length > 0), length, np.nan)
