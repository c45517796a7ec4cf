"""What systems learn of the easy set (tests/training/systems/easy_set.py) in 400 steps, over three seeds.

    python -m benchmarks.systems_learn [--systems cpn_tiny,hrnet_tiny] [--seeds 3] [--json FILE]

Per system and output: PCK@0.2 and PCK@0.05 of the torso on 300 figures, mean over seeds and the lowest seed, and the CPU seconds
of a training. Systems answer at another stride with another sigma (`SIGMA`), else 1.5 cells.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from smpl_assets.archive import write_json
from tests.training.systems.easy_set import easy_set
from tests.training.systems.learning import found, pck, trained

SYSTEMS = (
    *("simple_tiny", "cpn_tiny", "hrnet_tiny", "hourglass_tiny", "cpm_tiny", "ogn_tiny", "integral_tiny", "deep_pose_tiny"),
    *("coarse_to_fine_tiny", "regressor_tiny", "global_local_tiny"),
)
SIGMA = {"cpm_tiny": 1.0, "global_local_tiny": 1.0}  # cells of 8 px
OPTIONS = {
    "ogn_tiny": {"stride": 16}, "deep_pose_tiny": {"stages": 2, "side": 32}, "coarse_to_fine_tiny": {"window": 12},
    "global_local_tiny": {"stride": 8},
}  # fmt: skip


def measure(name: str, seeds: int) -> list[dict[str, object]]:
    """A row per output."""
    figures, others = easy_set(3000, 0), easy_set(300, 1)
    shares: list[list[tuple[float, float]]] = []
    began = time.process_time()
    for seed in range(seeds):
        model = trained(name, figures, seed, SIGMA.get(name, 1.5), **OPTIONS.get(name, {}))
        points = [found(model, others, stage) for stage in range(len(model.stages))]
        shares.append([(pck(p, others), pck(p, others, 0.05)) for p in points])
    seconds = (time.process_time() - began) / seeds
    rows: list[dict[str, object]] = []
    for output, (usual, exact) in enumerate(np.array(shares).transpose(1, 2, 0)):
        row = {"system": name, "output": output, "pck": round(usual.mean(), 1), "lowest": round(usual.min(), 1)}
        rows.append(row | {"spread": round(usual.std(), 1), "pck_0.05": round(exact.mean(), 1), "cpu_s": round(seconds, 1)})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--systems", default=",".join(SYSTEMS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for name in args.systems.split(","):
        for row in measure(name, args.seeds):
            print("  ".join(f"{key} {value}" for key, value in row.items()), flush=True)
            rows.append(row)
    if args.json:
        write_json(args.json, {"seeds": args.seeds, "rows": rows})


if __name__ == "__main__":
    main()
