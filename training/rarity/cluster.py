"""K-means over poses, with or without joints that are not known, in chunks that bound the memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from smpl_assets.errors import InputError
from smpl_assets.seeds import numpy_generator

CHUNK = 65_536
_START_SAMPLE = 40_000  # restarts compete on a sample of this size; the winner is refined on all poses
_ITERATIONS = 100


@dataclass(frozen=True)
class Clusters:
    """K centres in normalised coordinates, and the mean squared distance of the poses that made them."""

    centres: Float[np.ndarray, "clusters joints 2"]
    inertia: float


def fit_clusters(
    coordinates: Float[np.ndarray, "poses joints 2"],
    known: Bool[np.ndarray, "poses joints"] | None,
    clusters: int,
    restarts: int,
    seed: int,
) -> Clusters:
    """K-means (k-means++ starts, Lloyd).

    With `known` (None: every coordinate counts) the squared distance is the sum over the known joints times J / known joints,
    and a centre is the mean of what is known. InputError if there are fewer poses than clusters.
    """
    if len(coordinates) < clusters:
        raise InputError(
            f"rare_poses.clusters = {clusters}: K-means needs at least as many poses as clusters, there are {len(coordinates)}",
            f"set rare_poses.clusters to at most {max(len(coordinates) // 2, 2)} or give more annotations",
        )
    generator = numpy_generator(seed, "kmeans", clusters)
    chosen = _sample(len(coordinates), _START_SAMPLE, generator)
    start, start_known = coordinates[chosen], None if known is None else known[chosen]
    trials = [_lloyd(start, start_known, _plus_plus(start, start_known, clusters, generator)) for _ in range(restarts)]
    best = min(trials, key=lambda trial: trial.inertia)
    return best if len(chosen) == len(coordinates) else _lloyd(coordinates, known, best.centres)


def assign(
    coordinates: Float[np.ndarray, "poses joints 2"],
    known: Bool[np.ndarray, "poses joints"] | None,
    centres: Float[np.ndarray, "clusters joints 2"],
) -> tuple[np.ndarray, np.ndarray]:
    """The nearest centre of each pose (N,) int64 and the distance to it (N,) float64: T eq 4.1."""
    nearest = np.empty(len(coordinates), np.int64)
    distance = np.empty(len(coordinates), np.float64)
    for part, squared in _squared_distances(coordinates, known, centres):
        nearest[part] = squared.argmin(1)
        distance[part] = np.sqrt(squared.min(1))
    return nearest, distance


def _squared_distances(
    coordinates: np.ndarray, known: np.ndarray | None, centres: np.ndarray
) -> Iterator[tuple[slice, np.ndarray]]:
    """Per chunk (n, K) squared distances; around the centres' mean float32 loses nothing that matters."""
    middle = centres.mean(0)
    flat = (centres - middle).reshape(len(centres), -1).astype(np.float32)
    for start in range(0, len(coordinates), CHUNK):
        part = slice(start, start + CHUNK)
        shifted = (coordinates[part] - middle).astype(np.float32)
        if known is None:
            values = shifted.reshape(len(shifted), -1)
            squared = (values**2).sum(1)[:, None] - 2 * values @ flat.T + (flat**2).sum(1)
        else:
            mask = known[part].astype(np.float32)
            values = (shifted * mask[..., None]).reshape(len(shifted), -1)
            norms = (flat**2).reshape(len(flat), -1, 2).sum(2)
            squared = (values**2).sum(1)[:, None] - 2 * values @ flat.T + mask @ norms.T
            squared *= (mask.shape[1] / np.maximum(mask.sum(1), 1))[:, None]
        yield part, np.maximum(squared, 0.0)


def _lloyd(coordinates: np.ndarray, known: np.ndarray | None, centres: np.ndarray) -> Clusters:
    """Alternate assignment and means until the assignment's cost stops falling."""
    previous = np.inf
    for _ in range(_ITERATIONS):
        sums, weights, inertia, farthest = _accumulate(coordinates, known, centres)
        if inertia >= previous * (1 - 1e-6):
            break
        previous = inertia
        empty = weights.sum(1) == 0
        centres = np.where(weights[..., None] > 0, sums / np.maximum(weights, 1e-12)[..., None], centres)
        centres[empty] = coordinates[farthest]
    return Clusters(centres, float(inertia))


def _accumulate(
    coordinates: np.ndarray, known: np.ndarray | None, centres: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float, int]:
    """Sums (K, J, 2) and weights (K, J) of the poses nearest to each centre, their mean squared distance, the farthest pose."""
    count, joints = len(centres), coordinates.shape[1]
    sums, weights = np.zeros((count, joints * 2)), np.zeros((count, joints))
    total, farthest, largest = 0.0, 0, -1.0
    for part, squared in _squared_distances(coordinates, known, centres):
        nearest, cost = squared.argmin(1), squared.min(1)
        total += float(cost.sum(dtype=np.float64))
        if cost.max() > largest:
            largest, farthest = float(cost.max()), part.start + int(cost.argmax())
        member = np.zeros((count, len(nearest)), np.float32)
        values = coordinates[part].astype(np.float32)
        member[nearest, np.arange(len(nearest))] = 1.0
        if known is None:
            weights += member.sum(1, dtype=np.float64)[:, None]
            sums += member @ values.reshape(len(values), -1)
        else:
            mask = known[part].astype(np.float32)
            member[nearest, np.arange(len(nearest))] = joints / np.maximum(mask.sum(1), 1)
            weights += member @ mask
            sums += member @ (values * mask[..., None]).reshape(len(values), -1)
    return sums.reshape(count, joints, 2), weights, total / len(coordinates), farthest


def _plus_plus(coordinates: np.ndarray, known: np.ndarray | None, clusters: int, generator: np.random.Generator) -> np.ndarray:
    """Greedy k-means++: each further centre is the best of a few poses drawn in proportion to their squared distance."""
    trials = 2 + int(np.log(clusters))
    chosen = [int(generator.integers(len(coordinates)))]
    closest = _distance_to(coordinates, known, chosen)[:, 0]
    while len(chosen) < clusters:
        total = closest.sum()
        draws = generator.choice(len(coordinates), trials, p=closest / total if total > 0 else None)
        options = np.minimum(closest[:, None], _distance_to(coordinates, known, list(draws)))
        best = int(options.sum(0).argmin())
        chosen.append(int(draws[best]))
        closest = options[:, best]
    centres = coordinates[chosen].astype(np.float64)
    if known is not None:
        mean = _known_mean(coordinates, known)
        centres = np.where(known[chosen][..., None], centres, mean)
    return centres


def _distance_to(coordinates: np.ndarray, known: np.ndarray | None, rows: list[int]) -> np.ndarray:
    centres = coordinates[rows].astype(np.float64)
    if known is not None:
        centres = np.where(known[rows][..., None], centres, _known_mean(coordinates, known))
    return np.concatenate([squared for _, squared in _squared_distances(coordinates, known, centres)]).astype(np.float64)


def _known_mean(coordinates: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(J, 2), the mean place of each joint where it is known."""
    return (coordinates * known[..., None]).sum(0, dtype=np.float64) / np.maximum(known.sum(0), 1)[:, None]


def _sample(count: int, size: int, generator: np.random.Generator) -> np.ndarray:
    return np.arange(count) if count <= size else np.sort(generator.choice(count, size, replace=False))
