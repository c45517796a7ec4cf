"""Time and memory of the rare-pose stage's work beside plain scikit-learn, on made-up people with 17 joints.

    python benchmarks/rare_scale.py [--full]

Each row runs in a process of its own, whose peak resident memory (table included) is reported. Without arguments 20,000 and
257,000 people (COCO train's size, K = 15); `--full` adds 1 and 10 million. scikit-learn clusters the same coordinates and, where
the size allows, finds the five nearest neighbours by brute force; it has no masked distance.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import time
from collections.abc import Callable

import numpy as np
import rare_people

from smpl_assets.pose_table import PoseTable
from training.rarity.model import fit_rarity
from training.rarity.normalise import normalise
from training.rarity.settings import RareSettings

CLUSTERS = 15
SKLEARN_NEIGHBOURS_LIMIT = 20_000


def ours(policy: str) -> Callable[[PoseTable], str]:
    def work(table: PoseTable) -> str:
        _, judged = fit_rarity(table, RareSettings(policy=policy, clusters=CLUSTERS, sweep=False), 0)
        return f"score 97th percentile {np.quantile(judged.score, 0.97):.3f}"

    return work


def sklearn_kmeans(table: PoseTable) -> str:
    """Five seeds of two starts each, as our five clusterings."""
    from sklearn.cluster import KMeans

    flat = normalise(table, "coco", np.arange(len(table))).coordinates.reshape(len(table), -1)
    fits = [KMeans(CLUSTERS, n_init=2, random_state=seed).fit(flat) for seed in range(5)]
    return f"inertia {min(fit.inertia_ for fit in fits) / len(flat):.4f}"


def sklearn_neighbours(table: PoseTable) -> str:
    """Unmasked, unmirrored: what NearestNeighbors can do."""
    from sklearn.neighbors import NearestNeighbors

    flat = normalise(table, "coco", np.arange(len(table))).coordinates.reshape(len(table), -1)
    distance = NearestNeighbors(n_neighbors=6, algorithm="brute").fit(flat).kneighbors(flat)[0][:, 5]
    return f"97th percentile {np.quantile(distance, 0.97):.3f}"


WORK: dict[str, Callable[[PoseTable], str]] = {
    "rarepose thesis": ours("thesis"),
    "rarepose neighbours": ours("neighbours"),
    "sklearn KMeans": sklearn_kmeans,
    "sklearn NearestNeighbors": sklearn_neighbours,
}


def measure(name: str, people: int, queue: multiprocessing.Queue) -> None:  # type: ignore[type-arg]
    table = rare_people.synthetic_people(people, 0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, used = time.perf_counter(), time.process_time()
    note = WORK[name](table)
    seconds, cpu = time.perf_counter() - started, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    gib = 1024.0**2
    queue.put({"seconds": seconds, "cpu_seconds": cpu, "table_gib": before / gib, "peak_gib": peak / gib, "note": note})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="also 1 and 10 million people")
    options = parser.parse_args()
    sizes = (20_000, 257_000, 1_000_000, 10_000_000) if options.full else (20_000, 257_000)
    context = multiprocessing.get_context("spawn")
    rows = []
    print(f"K = {CLUSTERS}, 17 joints\n{'people':>11}  {'what':26}{'seconds':>9}{'CPU s':>9}{'table GiB':>11}{'peak GiB':>10}")
    for people in sizes:
        for name in WORK:
            if name == "sklearn NearestNeighbors" and people > SKLEARN_NEIGHBOURS_LIMIT:
                continue
            queue = context.Queue()
            process = context.Process(target=measure, args=(name, people, queue))
            process.start()
            row = {"people": people, "what": name, **queue.get()}
            process.join()
            rows.append(row)
            figures = f"{row['seconds']:>9.1f}{row['cpu_seconds']:>9.1f}{row['table_gib']:>11.2f}{row['peak_gib']:>10.2f}"
            print(f"{people:>11,}  {name:26}{figures}  {row['note']}", flush=True)
    print(json.dumps({"benchmark": "rare_scale", "clusters": CLUSTERS, "rows": rows}))


if __name__ == "__main__":
    main()
