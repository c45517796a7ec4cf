"""Spoilt inputs by the thousand. Each is accepted, or refused in words; anything else is a fault.

    python -m tests.fuzz [FAMILY ...] [--cases 1000 | --minutes 10] [--first 0] [--out fuzz]
    python -m tests.fuzz coco --seed 4711       one case again, in this process, with all it says; its files stay

Writes `fuzz.json` and the bad cases' files (`failures/FAMILY-SEED/`) below --out; exit 1 if there are any.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import tempfile
import time
import warnings
from pathlib import Path

from tests.fuzz.campaign import Tally, attack, faults, table
from tests.fuzz.case import run_case
from tests.fuzz.families.table import NAMES, load
from tests.fuzz.worker import Worker


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("families", nargs="*", help=f"of {', '.join(NAMES)} (default: all)", metavar="FAMILY")
    parser.add_argument("--cases", type=int, help="of each family (default: 1000 where no --minutes are given)")
    parser.add_argument("--minutes", type=float, help="for all families together")
    parser.add_argument("--first", type=int, default=0, help="seed of the first case")
    parser.add_argument("--seed", type=int, help="run this case of one family alone")
    parser.add_argument("--out", type=Path, default=Path("fuzz"))
    given = parser.parse_args()
    unknown = set(given.families) - set(NAMES)
    if unknown or (given.seed is not None and len(given.families) != 1):
        parser.error(f"no such family: {', '.join(unknown)}" if unknown else "--seed is for one family")
    if given.seed is not None:
        return again(given.families[0], given.seed)
    families = given.families or NAMES
    cases = given.cases or (1000 if given.minutes is None else None)
    share = 60 * given.minutes / len(families) if given.minutes else math.inf
    tallies: list[Tally] = []
    for name in families:
        seeds = itertools.count(given.first) if cases is None else range(given.first, given.first + cases)
        with Worker() as worker:
            tallies.append(attack(name, seeds, time.monotonic() + share, given.out, worker))
        print(table(tallies[-1:]).splitlines()[1], flush=True)
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "fuzz.json").write_text(json.dumps([t.to_json() for t in tallies], indent=1) + "\n", encoding="utf-8")
    print("\n".join(["", table(tallies), "", faults(tallies)]))
    return 1 if any(t.bad for t in tallies) else 0


def again(name: str, seed: int) -> int:
    """One case, told in full."""
    warnings.simplefilter("ignore")
    folder = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-{seed}-"))
    outcome = run_case(load(name), seed, folder)
    print(f"{name} --seed {seed}: {outcome.kind}\ndone: {'; '.join(outcome.done)}\nfiles: {folder}\n{outcome.said}")
    return 1 if outcome.bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
