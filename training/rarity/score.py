"""How far a pose is from the poses of the training set: the default rarity score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64

from smpl_assets.progress import Progress, silent
from smpl_assets.seeds import numpy_generator
from smpl_assets.skeletons import Skeleton
from training.rarity.frame import FramedPoses, mirrored

LEAST_COMMON_JOINTS = 4
_CHUNK = 512
_WEIGHT_FLOOR = 0.25  # of the mean spread, so that a joint that hardly moves does not rule the distance


@dataclass(frozen=True)
class References:
    """Training poses that others are compared with, mirror images behind the originals.

    features: (R, J, 3) place and weighted hidden flag. known: (R, J). weights: (J,), mean 1. group: (R,) the person it shows;
    a pose is never compared with itself, nor with frames of the same tracked person.
    """

    features: Float[np.ndarray, "references joints 3"]
    known: Bool[np.ndarray, "references joints"]
    weights: Float[np.ndarray, " joints"]
    group: Int64[np.ndarray, " references"]
    hidden_weight: float


def build_references(
    train: FramedPoses, group: np.ndarray, skeleton: Skeleton, references: int, hidden_weight: float, mirror: bool, seed: int
) -> References:
    """Draw at most `references` training poses with enough joints. `group` (M,): which poses show one and the same person."""
    usable = np.flatnonzero(train.known.sum(1) >= LEAST_COMMON_JOINTS)
    usable = usable if len(usable) else np.arange(len(train))
    if len(usable) > references:
        usable = np.sort(numpy_generator(seed, "references").choice(usable, references, replace=False))
    features, known, own = train.joints[usable].astype(np.float32), train.known[usable], group[usable]
    features[..., 2] *= hidden_weight
    weights = joint_weights(features, known, skeleton)
    if mirror:
        features = np.concatenate([features, mirrored(features, skeleton)])
        known, own = np.concatenate([known, known[:, list(skeleton.flip)]]), np.concatenate([own, own])
    return References(features, known, weights, own.astype(np.int64), hidden_weight)


def joint_weights(features: np.ndarray, known: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """(J,), mean 1: inverse spread of each joint, the same for left and right, so that hands do not drown the trunk."""
    count = np.maximum(known.sum(0), 1)[:, None]
    mean = (features[..., :2] * known[..., None]).sum(0) / count
    spread = np.sqrt((((features[..., :2] - mean) ** 2) * known[..., None]).sum((0, 2)) / count[:, 0])
    spread = 0.5 * (spread + spread[list(skeleton.flip)])
    usual = spread[spread > 0].mean() if (spread > 0).any() else 1.0
    weights = 1.0 / np.maximum(spread, _WEIGHT_FLOOR * usual)
    return (weights / weights.mean()).astype(np.float32)


def neighbour_distance(
    poses: FramedPoses, group: np.ndarray, references: References, neighbours: int, progress: Progress = silent
) -> np.ndarray:
    """(M,) float64, root weighted mean squared distance over common joints to the k-th nearest reference, in person sizes.

    NaN where fewer than k references share enough joints with the pose.
    """
    score = np.empty(len(poses), np.float64)
    for start in range(0, len(poses), _CHUNK):
        part = slice(start, start + _CHUNK)
        squared = _squared(poses.joints[part], poses.known[part], references)
        squared[group[part][:, None] == references.group[None]] = np.inf
        rank = min(neighbours, squared.shape[1]) - 1
        score[part] = np.sqrt(np.partition(squared, rank, axis=1)[:, rank])
        progress(min(start + _CHUNK, len(poses)), len(poses))
    return np.where(np.isfinite(score), score, np.nan)


def _squared(joints: np.ndarray, known: np.ndarray, references: References) -> np.ndarray:
    """(n, R) weighted mean squared distances; infinite where too few joints are common."""
    mask = known.astype(np.float32)
    features = joints.astype(np.float32) * mask[..., None]
    features[..., 2] *= references.hidden_weight
    weights = references.known * references.weights
    common = mask @ weights.T
    cross = features.reshape(len(features), -1) @ (references.features * weights[..., None]).reshape(len(weights), -1).T
    norms = (features**2).sum(2) @ weights.T + mask @ ((references.features**2).sum(2) * weights).T
    squared = np.maximum(norms - 2 * cross, 0.0) / np.maximum(common, 1e-6)
    least = np.minimum(LEAST_COMMON_JOINTS, mask.sum(1))[:, None]
    return np.where(mask @ references.known.T.astype(np.float32) >= least, squared, np.inf)
