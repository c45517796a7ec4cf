"""Runs that are disturbed and then started again: killed, on a disk that runs full, two at once. The bytes have to be the same.

    python -m benchmarks.kill [--kills 200] [--full-disk 50] [--two-runs 50] [--out kill]

Each trial is the whole DAG with tiny settings on a fresh store; the kinds of trials take turns. Trials are numbered and their
records kept in `OUT/*.jsonl`: an interrupted campaign goes on where it was, `--kills 300` after 200 makes 100 more. What a trial
that went wrong left is kept in `OUT/faults/`. Ends with a table and `OUT/kill.json`; exit 1 if a trial went wrong.
"""

from __future__ import annotations

import argparse
import json
import resource
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from benchmarks.kill_start import import_all
from benchmarks.kill_trials import Ground, Record, full, killed, two_runs

# The tiny settings with trainings that are long enough to be interrupted between two checkpoints, and clothes that cost nothing.
MORE = """
[inverse]
weights = "train"
width = 32
blocks = 1
hypotheses = 2
steps = 120
batch = 8
pool_poses = 200
prior_poses = 200
prior_components = 1

[report]
samples = 2
worst_fits = 0
people = 1
pool_poses = 2
"""


def settings(skins: Path) -> str:
    """The trials' configuration; `skins`: a folder of UV images."""
    from tests.pipeline.tiny import TINY

    longer = TINY.replace("iterations = 2", "iterations = 6").replace("epochs = 1", "epochs = 3")
    return longer.replace("per_pose = 3", f'per_pose = 2\ntextures = "{skins}"') + MORE


def make_skin(path: Path) -> None:
    """A UV image of the smallest size that is taken for one."""
    import numpy as np
    from PIL import Image

    path.parent.mkdir()
    Image.fromarray(np.random.default_rng(0).integers(60, 200, (128, 128, 3), np.uint8)).save(path)


def faults(record: Record) -> list[str]:
    """What went wrong in a trial."""
    wrong = []
    for name, expected in (
        ("second_code", 0),
        ("verify_code", 0),
        ("clear", True),
        ("valid", True),
        ("once", True),
        ("first_trace", False),
    ):
        if record.get(name, expected) != expected:
            wrong.append(f"{name} {record[name]}")
    wrong += [f"{name}: {record[name]}" for name in ("orphans", "left", "differing") if record.get(name)]
    if any(record.get("codes", ())):
        wrong.append(f"codes {record['codes']}")
    return wrong


class Series:
    """The trials of one kind that are recorded in `OUT/NAME.jsonl`, of which `wanted` have to count."""

    def __init__(self, name: str, trial: Callable[[Ground, int], Record], wanted: int, out: Path) -> None:
        self.name, self.trial, self.wanted, self.path = name, trial, wanted, out / f"{name}.jsonl"
        self.records: list[Record] = (
            [json.loads(line) for line in self.path.read_text().splitlines()] if self.path.is_file() else []
        )

    @property
    def share(self) -> float:
        """How much of it is done."""
        return sum(map(_counts, self.records)) / self.wanted if self.wanted else 1.0

    def go_on(self, ground: Ground) -> None:
        """One trial more."""
        spent = _cpu_s()
        record = self.trial(ground, len(self.records))
        record["cpu_s"] = round(_cpu_s() - spent, 1)
        if faults(record):
            ground.put_aside(self.name, record["seed"])
        self.records.append(record)
        with self.path.open("a") as file:
            file.write(json.dumps(record) + "\n")
        what = record.get("role", record.get("how", ""))
        print(f"{self.name} {record['seed']}: {what} {'; '.join(faults(record)) or 'good'} ({record['cpu_s']} CPU s)", flush=True)


def _cpu_s() -> float:
    """What processes started here have used, where they were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _counts(record: Record) -> bool:
    """Not where the run was over before it could be killed, or had room enough."""
    return record.get("role") != "none" and not record.get("fitted", False)


def row(name: str, records: list[Record]) -> str:
    """A line of the table."""
    counted = [r for r in records if _counts(r)]
    roles = Counter(r["role"] for r in counted if "role" in r) or Counter(r["how"].split()[0] for r in counted if "how" in r)
    same = sum(not r.get("differing") for r in counted)
    hand = sum(bool(r.get("second_code") or r.get("orphans")) for r in counted)
    left = sum(bool(r.get("left")) for r in counted)
    other = sum(
        bool(faults({k: v for k, v in r.items() if k not in ("second_code", "orphans", "left", "differing")})) for r in counted
    )
    which = ", ".join(f"{n} {r}" for r, n in sorted(roles.items()))
    return f"{name:10}{len(counted):8}{same:14}{hand:16}{left:16}{other:14}  {which}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--full-disk", type=int, default=0)
    parser.add_argument("--two-runs", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("kill"))
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what it started is ended
    if not (given.kills or given.full_disk or given.two_runs):
        given.kills, given.full_disk, given.two_runs = 200, 50, 50
    out = given.out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    import_all()
    from tests.pipeline.tiny import make_set  # imports NumPy, for one thread now

    if not (out / "data").is_dir():
        make_set(out / "data")
        make_skin(out / "skins" / "skin.png")
    (out / "kill.toml").write_text(settings(out / "skins"), encoding="utf-8")
    ground = Ground(out, out / "kill.toml", out / "data")
    kinds = (("full", full, given.full_disk), ("two", two_runs, given.two_runs), ("kill", killed, given.kills))
    series = [Series(name, trial, wanted, out) for name, trial, wanted in kinds]
    try:
        while (least := min(series, key=lambda s: s.share)).share < 1:  # so that each kind has figures whenever this is cut off
            least.go_on(ground)
    finally:
        ground.leave()
    done = {s.name: s.records for s in series}
    print(f"{'trials':10}{'number':>8}{'same bytes':>14}{'needed a hand':>16}{'left behind':>16}{'other faults':>14}  of which")
    for name, records in done.items():
        if records:
            print(row(name, records))
    wrong = {f"{name} {r['seed']}": faults(r) for name, records in done.items() for r in records if faults(r)}
    summary = {
        "benchmark": "kill",
        "units": ground.units,
        "trials": {n: sum(map(_counts, r)) for n, r in done.items()},
        "faults": wrong,
    }
    (out / "kill.json").write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(summary))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
