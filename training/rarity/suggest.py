"""Choosing K and tau: a sweep, its stability, the share of rare poses, the fall-off, a suggestion with its reason."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int64
from sklearn.metrics import adjusted_rand_score

from smpl_assets.progress import Progress, silent
from smpl_assets.seeds import derive_seed, numpy_generator
from training.rarity.cluster import assign, fit_clusters
from training.rarity.settings import RareSettings

WANTED_SHARE = (0.02, 0.04)  # T 4.3.1: K and tau are chosen so that 2-4 % of the poses are rare
BINS = 60
_SWEEP_POSES = 3000
_SWEEP_SEEDS = 3
_SWEEP_RESTARTS = 2
_STABLE_WITHIN = 0.05
Coordinates = Float[np.ndarray, "poses joints 2"]
Known = Bool[np.ndarray, "poses joints"]
Values = Float[np.ndarray, " people"]


def sweep_rows(rows: Int64[np.ndarray, " people"], seed: int) -> Int64[np.ndarray, " chosen"]:
    """At most 3000 of the people, in order: what a sweep clusters."""
    if len(rows) <= _SWEEP_POSES:
        return rows
    return np.sort(numpy_generator(seed, "sweep").choice(rows, _SWEEP_POSES, replace=False))


def sweep_clusters(
    coordinates: Coordinates, known: Known | None, settings: RareSettings, seed: int, progress: Progress = silent
) -> list[dict[str, Any]]:
    """For each K (at most half the poses): inertia, mean adjusted Rand index between seeds, and sorted distances' quantiles.

    Clusters the poses (`sweep_rows`) with three seeds; `shares` gives the share of poses at or above each of `taus`.
    """
    values = range(settings.sweep_from, min(settings.sweep_to, max(len(coordinates) // 2, 1)) + 1)
    rows = []
    for clusters in values:
        rows.append(_one_k(coordinates, known, clusters, seed))
        progress(len(rows), len(values))
    return rows


def _one_k(coordinates: Coordinates, known: Known | None, clusters: int, seed: int) -> dict[str, Any]:
    fits = [
        fit_clusters(coordinates, known, clusters, _SWEEP_RESTARTS, derive_seed(seed, "sweep", clusters, k))
        for k in range(_SWEEP_SEEDS)
    ]
    results = [assign(coordinates, known, fit.centres) for fit in fits]
    agreement = [adjusted_rand_score(results[a][0], results[b][0]) for a, b in combinations(range(len(results)), 2)]
    distances = results[int(np.argmin([fit.inertia for fit in fits]))][1]
    return {
        "clusters": clusters,
        "inertia": float(min(fit.inertia for fit in fits)),
        "stability": float(np.mean(agreement)),
        "fall_off": fall_off(distances),
        "tau_at_3_percent": float(np.quantile(distances, 0.97)),
        "shares": shares_at(distances, tau_grid(distances)),
    }


def tau_grid(values: Values) -> list[float]:
    """About a dozen round thresholds from the median to the largest value."""
    low, high = float(np.quantile(values, 0.5)), float(np.max(values))
    step = max((high - low) / 12, 1e-6)
    step = float(
        10 ** np.floor(np.log10(step)) * min((m for m in (1, 2, 5, 10) if m * 10 ** np.floor(np.log10(step)) >= step), default=1)
    )
    return [round(float(x), 6) for x in np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step]


def shares_at(values: Values, taus: list[float]) -> dict[str, float]:
    """Share of values at or above each tau."""
    return {f"{tau:g}": float((values >= tau).mean()) for tau in taus}


def fall_off(values: Values) -> float:
    """Where the histogram right of its peak bends from falling steeply into the flat tail.

    The point of the smoothed histogram farthest below the straight line from its peak to its last bin (the "knee").
    """
    counts, edges = np.histogram(values, BINS)
    smooth = np.convolve(np.pad(counts.astype(float), 2, mode="edge"), np.ones(5) / 5, mode="valid")
    peak = int(smooth.argmax())
    tail = smooth[peak:]
    if len(tail) < 3:
        return float(edges[-1])
    line = np.linspace(tail[0], tail[-1], len(tail))
    return float(0.5 * (edges[peak + int((line - tail).argmax())] + edges[peak + int((line - tail).argmax()) + 1]))


def suggest(sweep: list[dict[str, Any]], score: Values, settings: RareSettings) -> dict[str, Any]:
    """A tau for the current score (and a K, if a sweep was made) with the reason in words."""
    knee = fall_off(score)
    low, high = (float(np.quantile(score, 1 - share)) for share in reversed(WANTED_SHARE))
    tau = min(max(knee, low), high)
    share = float((score >= tau).mean())
    where = (
        "which lies inside that range"
        if tau == knee
        else f"which would make {100 * float((score >= knee).mean()):.1f} % rare, so tau moves to the nearer end"
    )
    why = (
        f"tau between {low:.3g} and {high:.3g} makes 4 to 2 % of the poses rare; the histogram falls off at {knee:.3g}, {where}."
    )
    result: dict[str, Any] = {"threshold": tau, "share": share, "fall_off": knee, "why_threshold": why}
    if sweep:
        result |= _suggest_clusters(sweep, settings)
    return result


def _suggest_clusters(sweep: list[dict[str, Any]], settings: RareSettings) -> dict[str, Any]:
    best = max(row["stability"] for row in sweep)
    stable = [row for row in sweep if row["stability"] >= best - _STABLE_WITHIN]
    chosen = min(stable, key=lambda row: row["clusters"])
    why = (
        f"K = {chosen['clusters']} is the smallest K whose clusters agree between seeds as well as any do (adjusted Rand "
        f"{chosen['stability']:.2f}, best {best:.2f}): clusters that come with the seed say nothing."
    )
    now = next((row for row in sweep if row["clusters"] == settings.clusters), None)
    if now is not None and now is not chosen:
        why += f" The configured K = {settings.clusters} has {now['stability']:.2f}."
    return {"clusters": chosen["clusters"], "why_clusters": why}
