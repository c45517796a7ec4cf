"""A toy DAG of 20 units (cluster -> inverse -> render x8 -> style x8 -> train -> evaluate) run by RarePose's own machinery.

`python benchmarks/toy_dag.py run --config configs/demo.toml --store DIR` is `rarepose run` with other stages.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import pipeline.stages
from pipeline.unit import Facts, Reads, Stage, Unit, Work

SHARDS = 8
CHAIN = ("cluster", "inverse", "render", "style", "train", "evaluate")


def units_of(name: str) -> Callable[[object, Facts], list[Unit]]:
    """The units of a toy stage."""

    def units(config: object, facts: Facts) -> list[Unit]:
        before = CHAIN[CHAIN.index(name) - 1] if name != CHAIN[0] else ""
        if name in ("render", "style"):
            reads = {str(i): {before: Reads(before, str(i) if name == "style" else None)} for i in range(SHARDS)}
            return [Unit(unit, "toy_dag:run", reads=read) for unit, read in reads.items()]
        return [Unit("all", "toy_dag:run", reads={before: Reads(before)} if before else {})]

    return units


def run(work: Work) -> dict:
    """Write one small file."""
    (work.out / "out.txt").write_text(f"{work.unit.name} {sorted(work.inputs)}", encoding="utf-8")
    return {}


STAGES = tuple(Stage(n, n, units_of(n)) for n in CHAIN)

if __name__ == "__main__":
    pipeline.stages.STAGES = STAGES
    from pipeline.__main__ import main

    main()
