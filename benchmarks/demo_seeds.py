"""Whether the demo's gain depends on the run's seed, of which everything follows: its people, renders, networks.

    python -m benchmarks.demo_seeds --seeds 1 2 3 4 5 --store STORE     # seven minutes of two cores a seed

The demo's configuration without its trackers, with some of its rows: baseline, any rotation, ASRP, everything at once, and DACP.
Named before the runs: the primary number is the gain of everything at once (DRP, ASRPT, WLCD) in PCK@0.2 on rare people over the
baseline, which is to be above zero with its interval in every run, usual people not worse.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks.making import made
from pipeline.unit import Reads

CONFIG = Path(__file__).resolve().parents[1] / "configs" / "demo.toml"
ROWS = ("baseline", "turn", "asrp", "drp+asrpt+wlcd")
JUDGED = (*ROWS, "dacp")
KINDS = ("rare", "usual")
CHANGES = ["track.enabled=false", f"train.variants={json.dumps(ROWS)}", f"evaluate.variants={json.dumps(JUDGED)}"]


def figures(folder: Path) -> dict[str, Any]:
    """PCK of rare and usual people, how many they are, and the difference to the baseline with its interval."""
    metrics = json.loads((folder / "metrics.json").read_text())
    pck, found = metrics["metrics"]["pck"], {}
    for kind in KINDS:
        column = next(n for n, entry in enumerate(metrics["columns"]) if entry["name"].startswith(kind))
        found[kind] = {"people": pck["people"][column], "pck": pck["values"][column]}
        if pck.get("difference"):
            found[kind]["gain"] = [pck["difference"][key][column] for key in ("values", "low", "high")]
    return found


def run(seed: int, store: Path, more: list[str]) -> dict[str, dict[str, Any]]:
    """Rows of one seed."""
    plan = made(CONFIG, store, "evaluate", [f"seed={seed}", *CHANGES, *more])
    return {row: figures(plan.directories(Reads("evaluate", row))[0]) for row in JUDGED}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--store", type=Path, default=Path("store/demo_seeds"))
    parser.add_argument("--set", action="append", default=[], help="a change of the configuration, as for rarepose run")
    args = parser.parse_args()
    found = {}
    for seed in args.seeds:
        found[seed] = run(seed, args.store, args.set)
        for row, kinds in found[seed].items():
            cells = []
            for kind, cell in kinds.items():
                gain = " {:+.1f} ({:.1f} to {:.1f})".format(*cell["gain"]) if "gain" in cell else ""
                cells.append(f"{kind} ({cell['people']}) {cell['pck']:.1f}{gain}")
            print(f"seed {seed}  {row:16}", *cells, sep="  ", flush=True)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
