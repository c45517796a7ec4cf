"""Many cases of many families: counted, the bad ones kept with their files, alike ones told once."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fuzz.case import BAD, Outcome
from tests.fuzz.worker import Worker

KEPT_ALIKE = 3  # of each signature so many failing cases are saved
COLUMNS = ("cases", "accepted", "refused", "crash", "code run", "wrong")


@dataclass
class Tally:
    """What became of the cases of one family. counts: by kind; alike: signature -> its outcomes, the first ones whole."""

    family: str
    missing: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    alike: dict[tuple[str, str], list[Outcome]] = field(default_factory=dict)
    seconds: float = 0.0
    slowest_s: float = 0.0
    peak_mib: float = 0.0

    def add(self, outcome: Outcome) -> bool:
        """Count an outcome; whether it is one of the first of its kind that are bad."""
        self.counts[outcome.kind] = self.counts.get(outcome.kind, 0) + 1
        self.slowest_s, self.peak_mib = max(self.slowest_s, outcome.seconds), max(self.peak_mib, outcome.peak_mib)
        if not outcome.bad:
            return False
        self.alike.setdefault((outcome.kind, outcome.signature), []).append(outcome)
        return len(self.alike[outcome.kind, outcome.signature]) <= KEPT_ALIKE

    @property
    def cases(self) -> int:
        """How many were run."""
        return sum(self.counts.values())

    @property
    def bad(self) -> int:
        """How many should not have been."""
        return sum(self.counts.get(kind, 0) for kind in BAD)

    def row(self) -> list[str]:
        """The table's figures."""
        return ["-" if self.missing else str(self.cases if c == "cases" else self.counts.get(c, 0)) for c in COLUMNS]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        faults = [
            {"kind": kind, "signature": signature, "count": len(found), "seeds": [o.seed for o in found[:10]],
             "done": found[0].done, "said": found[0].said[-3000:]}
            for (kind, signature), found in sorted(self.alike.items(), key=lambda item: -len(item[1]))
        ]  # fmt: skip
        figures = {"seconds": round(self.seconds, 1), "slowest_s": self.slowest_s, "peak_mib": self.peak_mib}
        return {"family": self.family, "missing": self.missing, "cases": self.cases, **self.counts, **figures, "faults": faults}


def attack(name: str, seeds: Iterable[int], until: float, out: Path, worker: Worker) -> Tally:
    """Run the cases of one family until the seeds or the time (`time.monotonic`) are spent; bad ones are copied below `out`."""
    tally, began = Tally(name, worker.begin(name)), time.monotonic()
    for seed in () if tally.missing else seeds:
        if time.monotonic() > until:
            break
        outcome = worker.run(name, seed)
        folder = worker.scratch / str(seed)
        if tally.add(outcome):
            save(outcome, folder, out)
        shutil.rmtree(folder, ignore_errors=True)
    tally.seconds = time.monotonic() - began
    return tally


def save(outcome: Outcome, files: Path, out: Path) -> None:
    """Keep a bad case: its files, and how it ended."""
    kept = out / "failures" / f"{outcome.family}-{outcome.seed}"
    shutil.rmtree(kept, ignore_errors=True)
    if files.is_dir():
        shutil.copytree(files, kept, symlinks=True)
    kept.mkdir(parents=True, exist_ok=True)
    again = {"again": f"python -m tests.fuzz {outcome.family} --seed {outcome.seed}"}
    (kept / "case.json").write_text(json.dumps({**again, **outcome.to_json()}, indent=1) + "\n", encoding="utf-8")


def table(tallies: list[Tally]) -> str:
    """A line per family."""
    titles = ["family", *COLUMNS, "slowest CPU s", "peak MiB"]
    rows = [[t.family, *t.row(), f"{t.slowest_s:.1f}", f"{t.peak_mib:.0f}"] for t in tallies]
    widths = [max(len(r[i]) for r in [titles, *rows]) for i in range(len(titles))]
    lines = [
        "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(r, widths, strict=True)))
        for r in [titles, *rows]
    ]
    notes = [f"{t.family}: not run ({t.missing})" for t in tallies if t.missing]
    return "\n".join([*lines, *notes])


def faults(tallies: list[Tally]) -> str:
    """Each distinct fault with how to see it again."""
    lines = []
    for tally in tallies:
        for (kind, signature), found in sorted(tally.alike.items(), key=lambda item: -len(item[1])):
            first = min(found, key=lambda o: (len(o.done), o.seed))
            lines.append(f"{kind} x {len(found)}: {signature}")
            lines.append(f"    {'; '.join(first.done)[:160]}")
            lines.append(f"    python -m tests.fuzz {tally.family} --seed {first.seed}")
    return "\n".join(lines)
