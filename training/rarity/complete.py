"""Joints without annotation, filled in from the training poses that are most alike where both are annotated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from smpl_assets.skeletons import Skeleton
from training.rarity.frame import mirrored

_NEIGHBOURS = 10
_CHUNK = 512


@dataclass(frozen=True)
class CompletionSource:
    """Poses to fill in from, mirror images included, and the mean pose for joints that nobody near has."""

    coordinates: Float[np.ndarray, "references joints 2"]
    known: Bool[np.ndarray, "references joints"]
    mean: Float[np.ndarray, "joints 2"]


def completion_source(
    coordinates: Float[np.ndarray, "poses joints 2"], known: Bool[np.ndarray, "poses joints"], skeleton: Skeleton
) -> CompletionSource:
    """The poses themselves and their mirror images (about the mean pose's vertical axis)."""
    count = np.maximum(known.sum(0), 1)[:, None]
    mean = (coordinates * known[..., None]).sum(0) / count
    axis = np.array([2 * (mean[:, 0] * count[:, 0]).sum() / count.sum(), 0.0], np.float32)
    other = known[:, list(skeleton.flip)]
    flipped = np.where(other[..., None], mirrored(coordinates, skeleton) + axis, 0.0).astype(np.float32)
    return CompletionSource(np.concatenate([coordinates, flipped]), np.concatenate([known, other]), mean)


def complete(
    coordinates: Float[np.ndarray, "poses joints 2"], known: Bool[np.ndarray, "poses joints"], source: CompletionSource
) -> Float[np.ndarray, "poses joints 2"]:
    """All joints (M, J, 2): the annotated ones as they are, the others as in the ten nearest references (their mean).

    Poses are compared after moving the means of the joints they share onto each other, so where a person stands in the
    crop does not matter.
    """
    filled = coordinates.copy()
    for rows in np.array_split(np.flatnonzero(~known.all(1)), max((~known.all(1)).sum() // _CHUNK, 1)):
        if len(rows):
            filled[rows] = _complete_chunk(coordinates[rows], known[rows], source)
    return filled


def _complete_chunk(
    coordinates: Float[np.ndarray, "poses joints 2"], known: Bool[np.ndarray, "poses joints"], source: CompletionSource
) -> Float[np.ndarray, "poses joints 2"]:
    mask, other = known.astype(np.float32), source.known.astype(np.float32)
    common = mask @ other.T
    squared = ((coordinates**2).sum(2) * mask) @ other.T + mask @ ((source.coordinates**2).sum(2) * other).T
    shift = np.empty((*common.shape, 2), np.float32)
    for axis in range(2):
        mine, theirs = coordinates[..., axis] * mask, source.coordinates[..., axis] * other
        difference = mine @ other.T - mask @ theirs.T
        shift[..., axis] = difference / np.maximum(common, 1)
        squared -= 2 * mine @ theirs.T + difference * shift[..., axis]
    cost = np.where(common > 0, squared / np.maximum(common, 1) + 1.0 / np.maximum(common, 1) ** 2, np.inf)
    nearest = np.argsort(cost, axis=1, kind="stable")[:, :_NEIGHBOURS]
    moved = source.coordinates[nearest] + np.take_along_axis(shift, nearest[..., None], 1)[:, :, None]
    weight = source.known[nearest][..., None].astype(np.float32)
    weight = weight * np.isfinite(np.take_along_axis(cost, nearest, 1))[..., None, None]
    found = weight.sum(1)
    estimate = np.where(found > 0, (moved * weight).sum(1) / np.maximum(found, 1), source.mean)
    return np.where(known[..., None], coordinates, estimate)
