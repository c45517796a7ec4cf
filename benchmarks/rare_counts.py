"""The thesis's table 4.1 beside ours: people at or above tau on MPII validation and on a stand-in for MPII train.

    python benchmarks/rare_counts.py [DATA] [--full]

DATA (or RAREPOSE_DATA) holds `mpii_valid_full/valid.h5` and, for the second half, `mpii_complete_people/train_joints.csv`.
Without it the same is counted on made-up people, for which the thesis has no figures. `--full` adds the mean over 100 seeds.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
import rare_people

from smpl_assets.pose_table import PoseTable
from smpl_assets.seeds import derive_seed
from training.rarity.cluster import assign, fit_clusters
from training.rarity.normalise import included_people, normalise, resolve_normalisation
from training.rarity.settings import RareSettings

TAUS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2)
THESIS = {
    "MPII validation": {0.5: 684, 0.7: 289, 0.9: 150, 1.0: 91, 1.2: 34},
    "MPII train (stand-in)": {0.5: 5361, 0.6: 3090, 0.7: 2316, 0.8: 1709, 0.9: 1044, 1.0: 644, 1.2: 282},
}
SEED = 0


def counts(table: PoseTable, settings: RareSettings, seeds: int, total: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation over seeds of the people at or above each tau, scaled to `total` people."""
    rows = np.flatnonzero(included_people(table, settings.include_empty))
    poses = normalise(table, resolve_normalisation(settings.normalisation, table), rows).coordinates
    found = []
    for k in range(seeds):
        clusters = fit_clusters(poses, None, settings.clusters, settings.restarts, derive_seed(SEED, "clustering", k))
        distance = assign(poses, None, clusters.centres)[1]
        found.append([(distance >= tau).sum() for tau in TAUS])
    matrix = np.array(found) * total / len(rows)
    return matrix.mean(0), matrix.std(0)


def print_table(name: str, mean: np.ndarray, spread: np.ndarray, seeds: int) -> list[dict[str, float | bool | None]]:
    print(f"\n{name}, K = 7, mean over {seeds} seeds\n{'tau':>6}{'thesis':>9}{'ours':>10}{'seeds':>9}{'off':>9}  within")
    rows: list[dict[str, float | bool | None]] = []
    for tau, ours, sd in zip(TAUS, mean, spread, strict=True):
        theirs = THESIS.get(name, {}).get(tau)
        within = None if theirs is None else bool(abs(ours - theirs) <= max(0.05 * theirs, 3 + sd))
        off = "" if theirs is None else f"{100 * (ours / theirs - 1):+.1f} %"
        verdict = {None: "", True: "yes", False: "NO"}[within]
        print(f"{tau:>6}{theirs if theirs is not None else '-':>9}{ours:>10.1f}{f'+-{sd:.1f}':>9}{off:>9}  {verdict}")
        rows.append({"tau": tau, "thesis": theirs, "ours": float(ours), "spread": float(sd), "within": within})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", default=os.environ.get("RAREPOSE_DATA"), type=Path)
    parser.add_argument("--full", action="store_true")
    options = parser.parse_args()
    started = time.perf_counter()
    settings = RareSettings(policy="thesis", clusters=7, threshold=1.0)
    tables: dict[str, tuple[PoseTable, int]] = {}
    if options.data and (options.data / rare_people.VALID).is_file():
        validation = rare_people.mpii_validation(options.data)
        tables["MPII validation"] = (validation, len(validation))
        if (options.data / rare_people.TRAIN).is_file():
            proxy = rare_people.mpii_train_proxy(options.data, validation, SEED)
            tables["MPII train (stand-in)"] = (proxy, rare_people.TRAIN_PEOPLE)
    else:
        print("No data folder with MPII given: made-up people instead, for which the thesis has no figures.")
        tables["made-up people"] = (rare_people.synthetic_people(3000, SEED), 3000)
    result = {}
    for name, (table, total) in tables.items():
        for seeds in (settings.seeds, 100) if options.full else (settings.seeds,):
            result[f"{name}, {seeds} seeds"] = print_table(name, *counts(table, settings, seeds, total), seeds)
    print("\n'within': off by at most 5 %, or 3 people + the standard deviation over seeds, whichever is larger")
    print(json.dumps({"benchmark": "rare_counts", "tables": result, "seconds": round(time.perf_counter() - started, 1)}))


if __name__ == "__main__":
    main()
