"""How far a pose is from the poses of the training set: the default rarity score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64

from smpl_assets.progress import Progress, silent
from smpl_assets.seeds import numpy_generator
from smpl_assets.skeletons import Skeleton
from training.rarity.frame import FramedPoses, mirrored

LEAST_JOINTS = 4  # poses with fewer annotated joints are no references
_LEAST_COMMON = 0.5  # of a pose's joint weights must be annotated in a reference, too
# A mean over fewer joints strays farther by chance: distances shrink with the annotated share of joint weights to this power.
FEW_JOINTS_POWER = 0.25
_CHUNK = 128  # rows of the distance matrix at once: it stays in the cache
Joints = Float[np.ndarray, "poses joints 3"]
Known = Bool[np.ndarray, "poses joints"]
Group = Int64[np.ndarray, " poses"]
Distances = Float[np.ndarray, "poses references"]
_WEIGHT_FLOOR = 0.25  # of the mean spread, so that a joint that hardly moves does not rule the distance


@dataclass(frozen=True)
class References:
    """Training poses that others are compared with, mirror images behind the originals.

    terms: (J * 5, R) and weights: (J, R) hold the references as the two factors that `_squared` multiplies with.
    joint_weights: (J,), mean 1. group: (R,) the person each shows, ascending per half; order: (R,) sorts `group`.
    """

    terms: Float[np.ndarray, "terms references"]
    weights: Float[np.ndarray, "joints references"]
    joint_weights: Float[np.ndarray, " joints"]
    group: Int64[np.ndarray, " references"]
    order: Int64[np.ndarray, " references"]
    hidden_weight: float


def build_references(
    train: FramedPoses, group: Group, skeleton: Skeleton, hidden_weight: float, mirror: bool,
    given: Float[np.ndarray, " joints"] | None = None,
) -> References:  # fmt: skip
    """References from all poses of `train`; `group`: poses of one number show the same person and are never compared.

    given: weights of the joints; none: those of these poses.
    """
    joints, known, own = train.joints.astype(np.float32), train.known, group.astype(np.int64)
    weights = joint_weights(joints, known, skeleton) if given is None else given
    if mirror:
        joints = np.concatenate([joints, mirrored(joints, skeleton)])
        known, own = np.concatenate([known, known[:, list(skeleton.flip)]]), np.concatenate([own, own])
    features = joints * np.array([1.0, 1.0, hidden_weight], np.float32)
    weighted = known * weights
    products = (features * weighted[..., None]).reshape(len(features), -1)
    terms = np.concatenate([-2 * products, weighted, (features**2).sum(2) * weighted], 1)
    order = np.argsort(own, kind="stable")
    return References(np.ascontiguousarray(terms.T), np.ascontiguousarray(weighted.T), weights, own, order, hidden_weight)


def reference_rows(
    annotated: Bool[np.ndarray, "people joints"], rows: Int64[np.ndarray, " rows"], wanted: int, seed: int
) -> Int64[np.ndarray, " chosen"]:
    """At most `wanted` of `rows`, ascending: a random part of those with at least four annotated joints."""
    usable = rows[annotated[rows].sum(1) >= LEAST_JOINTS]
    usable = usable if len(usable) else rows
    if len(usable) <= wanted:
        return usable
    return np.sort(numpy_generator(seed, "references").choice(usable, wanted, replace=False))


def joint_weights(joints: Joints, known: Known, skeleton: Skeleton) -> Float[np.ndarray, " joints"]:
    """Mean 1: the inverse spread of each joint, the same for left and right, so that hands do not drown the trunk."""
    count = np.maximum(known.sum(0), 1)[:, None]
    mean = (joints[..., :2] * known[..., None]).sum(0) / count
    spread = np.sqrt((((joints[..., :2] - mean) ** 2) * known[..., None]).sum((0, 2)) / count[:, 0])
    spread = 0.5 * (spread + spread[list(skeleton.flip)])
    usual = spread[spread > 0].mean() if (spread > 0).any() else 1.0
    weights = 1.0 / np.maximum(spread, _WEIGHT_FLOOR * usual)
    return (weights / weights.mean()).astype(np.float32)


def neighbour_distance(
    poses: FramedPoses, group: Group, references: References, neighbours: int, progress: Progress = silent
) -> Float[np.ndarray, " poses"]:
    """Root weighted mean squared distance over common joints to the k-th nearest reference, in person sizes.

    Times the share of joints that are annotated, by weight, to the power of 1/4.
    NaN where no k references share half of the pose's annotated joints (by weight).
    """
    score = np.empty(len(poses), np.float64)
    for start in range(0, len(poses), _CHUNK):
        part = slice(start, start + _CHUNK)
        score[part] = _kth_distance(poses.joints[part], poses.known[part], group[part], references, neighbours)
    progress(len(poses), len(poses))
    return score


def _kth_distance(
    joints: Joints, known: Known, group: Group, references: References, neighbours: int
) -> Float[np.ndarray, " poses"]:
    squared = _squared(joints, known, references)
    _leave_out(squared, group, references)
    rank = min(neighbours, squared.shape[1]) - 1
    squared.partition(rank, axis=1)
    distance = np.sqrt(np.maximum(squared[:, rank], 0.0).astype(np.float64))
    share = known @ references.joint_weights / known.shape[1]
    return np.where(np.isfinite(distance), distance * share**FEW_JOINTS_POWER, np.nan)


def _squared(joints: Joints, known: Known, references: References) -> Distances:
    """Weighted mean squared distances over common joints; infinite where too little is common.

    sum w (a - b)^2 = sum -2 a (w b) + a^2 w + (w b^2) with a, b and w zero where not annotated: one matrix product.
    """
    mask = known.astype(np.float32)
    features = joints * np.array([1.0, 1.0, references.hidden_weight], np.float32) * mask[..., None]
    mine = np.concatenate([features.reshape(len(features), -1), (features**2).sum(2), mask], 1)
    squared = mine @ references.terms
    common = mask @ references.weights
    least = _LEAST_COMMON * (mask @ references.joint_weights)
    few = common < np.maximum(least, 1e-6)[:, None]
    np.divide(squared, np.maximum(common, 1e-6, out=common), out=squared)
    np.copyto(squared, np.inf, where=few)
    return squared


def _leave_out(squared: Distances, group: Group, references: References) -> None:
    """Set the distance to references that show the same person to infinity."""
    ordered = references.group[references.order]
    first, last = np.searchsorted(ordered, group, "left"), np.searchsorted(ordered, group, "right")
    for row in np.flatnonzero(last > first):
        squared[row, references.order[first[row] : last[row]]] = np.inf
