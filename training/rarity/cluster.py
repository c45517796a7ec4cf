"""K-means over poses, with or without joints that are not known, in chunks that bound the memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64

from smpl_assets.errors import InputError
from smpl_assets.seeds import numpy_generator
from training.rarity.chunks import in_chunks

START_SAMPLE = 40_000  # restarts compete on a sample of this size
_CHUNK = 16_384
_ITERATIONS = 100
_REFINEMENTS = 12  # of centres that a sample of START_SAMPLE has already found
_CONVERGED = 1e-5  # relative fall of the cost
Coordinates = Float[np.ndarray, "poses joints 2"]
Known = Bool[np.ndarray, "poses joints"]
Centres = Float[np.ndarray, "clusters joints 2"]
Weights = Float[np.ndarray, "clusters joints"]
Totals = tuple[Centres, Weights, float, int]
ChunkTotals = tuple[Float[np.ndarray, "clusters coordinates"], Weights, float, int, float]


@dataclass(frozen=True)
class Clusters:
    """K centres in normalised coordinates, and the mean squared distance of the poses that made them."""

    centres: Centres
    inertia: float


def fit_clusters(coordinates: Coordinates, known: Known | None, clusters: int, restarts: int, seed: int) -> Clusters:
    """K-means (k-means++ starts, Lloyd) of the poses, or of a random 40,000 of them (`refine_clusters` then takes all).

    Coordinates are zero where not `known` (None: every coordinate counts). With `known` the squared distance is the sum over
    the known joints times J / known joints, and a centre is the mean of what is known.
    InputError if there are fewer poses than clusters.
    """
    if len(coordinates) < clusters:
        raise InputError(
            f"rare_poses.clusters = {clusters}: K-means needs at least as many poses as clusters, there are {len(coordinates)}",
            f"give more annotations, or set rare_poses.clusters to at most {len(coordinates)}",
        )
    generator = numpy_generator(seed, "kmeans", clusters)
    if len(coordinates) > START_SAMPLE:
        chosen = np.sort(generator.choice(len(coordinates), START_SAMPLE, replace=False))
        coordinates, known = coordinates[chosen], None if known is None else known[chosen]
    starts = [_plus_plus(coordinates, known, clusters, generator) for _ in range(restarts)]
    return min((_lloyd(coordinates, known, start, _ITERATIONS) for start in starts), key=lambda one: one.inertia)


def refine_clusters(coordinates: Coordinates, known: Known | None, clusters: Clusters) -> Clusters:
    """A few more Lloyd iterations over all poses, where `fit_clusters` saw a sample; else the clusters as they are."""
    return clusters if len(coordinates) <= START_SAMPLE else _lloyd(coordinates, known, clusters.centres, _REFINEMENTS)


def assign(
    coordinates: Coordinates, known: Known | None, centres: Centres
) -> tuple[Int64[np.ndarray, " poses"], Float[np.ndarray, " poses"]]:
    """The nearest centre of each pose and the distance to it: T eq 4.1."""
    nearest = np.empty(len(coordinates), np.int64)
    distance = np.empty(len(coordinates), np.float64)

    def work(part: slice) -> None:
        squared = _squared(coordinates[part], None if known is None else known[part], centres)
        nearest[part] = squared.argmin(1)
        distance[part] = np.sqrt(squared.min(1))

    for _ in in_chunks(work, len(coordinates), _CHUNK):
        pass
    return nearest, distance


def _squared(coordinates: Coordinates, known: Known | None, centres: Centres) -> Float[np.ndarray, "poses clusters"]:
    """Squared distances, float32; coordinates are zero where not known."""
    flat = centres.reshape(len(centres), -1).astype(np.float32)
    values = coordinates.reshape(len(coordinates), -1)
    squared = values @ (-2 * flat.T)
    squared += np.einsum("nd,nd->n", values, values)[:, None]
    if known is None:
        squared += (flat**2).sum(1)
    else:
        mask = known.astype(np.float32)
        squared += mask @ (flat**2).reshape(len(flat), -1, 2).sum(2).T
        squared *= (mask.shape[1] / np.maximum(mask.sum(1), 1))[:, None]
    return np.maximum(squared, 0.0, out=squared)


def _lloyd(coordinates: Coordinates, known: Known | None, centres: Centres, iterations: int) -> Clusters:
    """Alternate assignment and means until the assignment's cost stops falling; a cluster left empty takes the farthest pose."""
    previous = np.inf
    for _ in range(iterations):
        sums, weights, inertia, farthest = _accumulate(coordinates, known, centres)
        if inertia >= previous * (1 - _CONVERGED):
            break
        previous = inertia
        centres = np.where(weights[..., None] > 0, sums / np.maximum(weights, 1e-12)[..., None], centres)
        centres[weights.sum(1) == 0] = coordinates[farthest]
    return Clusters(centres, float(inertia))


def _accumulate(coordinates: Coordinates, known: Known | None, centres: Centres) -> Totals:
    """Sums (K, J, 2) and weights (K, J) of the poses nearest to each centre, their mean squared distance, the farthest pose."""
    count, joints = len(centres), coordinates.shape[1]
    sums, weights = np.zeros((count, joints * 2)), np.zeros((count, joints))
    total, farthest, largest = 0.0, 0, -1.0

    def work(part: slice) -> ChunkTotals:
        return _accumulate_chunk(coordinates[part], None if known is None else known[part], centres)

    for part, (chunk_sums, chunk_weights, cost, worst, worst_cost) in in_chunks(work, len(coordinates), _CHUNK):
        sums += chunk_sums
        weights += chunk_weights
        total += cost
        if worst_cost > largest:
            largest, farthest = worst_cost, part.start + worst
    return sums.reshape(count, joints, 2), weights, total / len(coordinates), farthest


def _accumulate_chunk(coordinates: Coordinates, known: Known | None, centres: Centres) -> ChunkTotals:
    squared = _squared(coordinates, known, centres)
    nearest = squared.argmin(1)
    cost = squared[np.arange(len(squared)), nearest]
    member = np.zeros((len(centres), len(nearest)), np.float32)
    if known is None:
        member[nearest, np.arange(len(nearest))] = 1.0
        weights = np.repeat(member.sum(1)[:, None], coordinates.shape[1], 1)
    else:
        mask = known.astype(np.float32)
        member[nearest, np.arange(len(nearest))] = mask.shape[1] / np.maximum(mask.sum(1), 1)
        weights = member @ mask
    sums = member @ coordinates.reshape(len(coordinates), -1)
    worst = int(cost.argmax())
    return sums, weights, float(cost.sum(dtype=np.float64)), worst, float(cost[worst])


def _plus_plus(coordinates: Coordinates, known: Known | None, clusters: int, generator: np.random.Generator) -> Centres:
    """Greedy k-means++: each further centre is the best of a few poses drawn in proportion to their squared distance."""
    mean = _mean_places(coordinates, known)
    chosen = [int(generator.integers(len(coordinates)))]
    closest = _squared(coordinates, known, _as_centres(coordinates, known, chosen, mean))[:, 0].astype(np.float64)
    while len(chosen) < clusters:
        total = closest.sum()
        draws = generator.choice(len(coordinates), 2 + int(np.log(clusters)), p=closest / total if total > 0 else None)
        options = np.minimum(
            closest[:, None], _squared(coordinates, known, _as_centres(coordinates, known, draws.tolist(), mean))
        )
        best = int(options.sum(0).argmin())
        chosen.append(int(draws[best]))
        closest = options[:, best]
    return _as_centres(coordinates, known, chosen, mean)


def _as_centres(coordinates: Coordinates, known: Known | None, rows: list[int], mean: Float[np.ndarray, "joints 2"]) -> Centres:
    """Poses as centres, float64; joints that are not known stand at their `mean` place."""
    centres = coordinates[rows].astype(np.float64)
    return centres if known is None else np.where(known[rows][..., None], centres, mean)


def _mean_places(coordinates: Coordinates, known: Known | None) -> Float[np.ndarray, "joints 2"]:
    """The mean place of each joint where it is known."""
    if known is None:
        return coordinates.mean(0, dtype=np.float64)
    return (coordinates * known[..., None]).sum(0, dtype=np.float64) / np.maximum(known.sum(0), 1)[:, None]
