"""One disturbed run each: killed, on a disk that runs full, or two at once; then what a user would do, and what came of it."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.kill_start import ROOT, Run, start
from benchmarks.kill_watch import Process, contents, differing, end, ended, processes, rests

GRACE_S = 20.0  # for what is left of a killed run to end by itself
_TRACE = '  File "'
_PYTHONS = "multiprocessing/resource_tracker.py"  # what Python says of its own helper where that was the one that was killed
_MIB = 1 << 20

COLD = 10  # every so many trials the run is started by a new interpreter

Record = dict[str, Any]


def _nothing() -> None:
    """What is done in a child before it starts."""


class Ground:
    """A data set, a configuration, and what an undisturbed run makes of them.

    seconds: how long that took last time; units: how many it made.
    """

    def __init__(self, folder: Path, config: Path, data: Path) -> None:
        self.folder, self.config, self.data = folder, config, data
        self.patience = 1200.0
        self._started = 0
        self._sessions: set[int] = set()
        self.reference, self.units, self.seconds = self._reference()

    def _reference(self) -> tuple[dict[str, bytes], int, float]:
        """The files of an undisturbed run, made where they are not there yet."""
        store, facts = self.folder / "reference", self.folder / "reference.json"
        if not facts.is_file():
            shutil.rmtree(store, ignore_errors=True)
            began = time.monotonic()
            code, out, said = self.finish(self.start(store, self.folder / "tmp", "--json"))
            if code:
                raise SystemExit(f"the undisturbed run ended with {code}:\n{said}")
            made = {"units": sum(json.loads(out.splitlines()[-1])["ran"].values()), "seconds": time.monotonic() - began}
            facts.write_text(json.dumps(made))
        known = json.loads(facts.read_text())
        return contents(store), known["units"], known["seconds"]

    def start(
        self, store: Path, tmp: Path, *words: str, command: str = "run", warm: bool = True, before: Callable[[], None] = _nothing
    ) -> Run:
        """`rarepose` on this ground in a session of its own."""
        tmp.mkdir(parents=True, exist_ok=True)
        line = [command, *words, *(("-j", "2") if command == "run" else ()), "--config", str(self.config)]
        line += ["--store", str(store), "--set", f"data.root={self.data}"]
        environment = {
            "PYTHONPATH": str(ROOT),
            "TMPDIR": str(tmp),
            "OMP_NUM_THREADS": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self._started += 1
        run = start(line, environment, self.folder / f"said-{self._started % 4}", warm, before)
        self._sessions.add(run.pid)
        return run

    def put_aside(self, name: str, seed: int) -> Path:
        """Keep what a trial that went wrong left: the next one begins with an empty place."""
        kept = self.folder / "faults" / f"{name}-{seed}"
        for folder in (self.folder / name, self.folder / f"{name}-tmp"):
            shutil.copytree(folder, kept / folder.name, symlinks=True, ignore_dangling_symlinks=True)
        return kept

    def remember(self, store: Path) -> None:
        """Give a new store what the undisturbed one knows of the code's files: reading them takes as long as a training."""
        shutil.copytree(self.folder / "reference" / ".cache", store / ".cache")

    def finish(self, run: Run) -> tuple[int, str, str]:
        """Exit code, stdout and stderr; one that never ends is ended and has the code 124."""
        code = run.wait(self.patience)
        if code is None:
            end(processes(run.pid))
            run.wait(self.patience)
            code = 124
        return code, run.out.read_text(errors="replace"), run.said.read_text(errors="replace")

    def leave(self) -> None:
        """End what was started and still runs, where this campaign is interrupted itself."""
        for session in self._sessions:
            end(processes(session))

    def again(self, store: Path, tmp: Path, first: list[int]) -> Record:
        """Run again, then `verify` and `gc --yes`: what differs, what is left. `first`: sessions that should be over."""
        code, _, said = self.finish(self.start(store, tmp))
        left = [p for session in first for p in ended(session, GRACE_S)]
        end(left)
        checked, _, damage = self.finish(self.start(store, tmp, command="verify"))
        before = rests(store, tmp)
        self.finish(self.start(store, tmp, "--yes", command="gc"))
        found: Record = {
            "second_code": code, "second_said": said[-1500:] if code else "", "verify_code": checked,
            "verify_said": damage[-500:] if checked else "",
            "orphans": [p.role for p in left], "left_before_gc": before, "left": rests(store, tmp),
            "differing": differing(self.reference, contents(store)),
        }  # fmt: skip
        return found


def killed(ground: Ground, seed: int) -> Record:
    """SIGKILL of a random process of a run at a random moment; then the run is started again."""
    chance, (store, tmp) = random.Random(seed), _fresh(ground, "kill")
    ground.remember(store)
    moment = chance.uniform(0.02, 1.0) * ground.seconds
    began = time.monotonic()
    run = ground.start(store, tmp, warm=bool(seed % COLD))
    while time.monotonic() - began < moment and run.poll() is None:
        time.sleep(0.005)
    alive = processes(run.pid)
    if run.poll() is not None or not alive:
        _, _, said = ground.finish(run)
        ground.seconds = time.monotonic() - began
        return {"seed": seed, "role": "none", "moment_s": moment}  # it was over: no trial
    victim: Process = chance.choice(alive)
    os.kill(victim.pid, signal.SIGKILL)
    code, _, said = ground.finish(run)
    if victim.role != "main" and code == 0:
        ground.seconds = (ground.seconds + time.monotonic() - began) / 2
    facts: Record = {
        "seed": seed,
        "role": victim.role,
        "moment_s": round(moment, 2),
        "first_code": code,
        "first_said": said[-600:],
    }
    facts["first_trace"] = any(_TRACE in line and _PYTHONS not in line for line in said.splitlines())
    return facts | ground.again(store, tmp, [run.pid])


def full(ground: Ground, seed: int) -> Record:
    """A run on a store that has too little room; then there is more, and it is run again."""
    chance, (place, tmp) = random.Random(seed), _fresh(ground, "full")
    needed = sum(map(len, ground.reference.values()))
    room = int(chance.uniform(0.02, 0.98) * needed)
    with small_disk(place, room) as (how, more_room, limit):
        store = place / "store"
        run = ground.start(store, tmp, before=limit)
        code, _, said = ground.finish(run)
        facts: Record = {"seed": seed, "how": how, "room": room, "needed": needed, "first_code": code, "first_said": said[-1500:]}
        clear = "no space left" in said and str(store) in said and "bytes" in said
        facts |= {"fitted": code == 0, "clear": code == 0 or (code == 1 and clear and _TRACE not in said)}
        valid, _, damage = ground.finish(ground.start(store, tmp, command="verify"))
        facts |= {"valid": valid == 0, "damage": damage[-500:] if valid else ""}
        more_room()
        return facts | ground.again(store, tmp, [run.pid])


@contextmanager
def small_disk(place: Path, room: int) -> Iterator[tuple[str, Callable[[], None], Callable[[], None]]]:
    """A small file system at `place`: (how it is made, what gives it more room, what to do in the child before it starts).

    A tmpfs where mounting is allowed; else no file may be larger than a tenth of the room (RLIMIT_FSIZE).
    """
    place.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={room}", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        yield (
            f"RLIMIT_FSIZE ({mounted.stderr.decode().strip()})",
            _nothing,
            lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room // 10,) * 2),
        )
        return
    try:
        yield "tmpfs", lambda: subprocess.run(["mount", "-o", f"remount,size={512 * _MIB}", str(place)], check=True), _nothing
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def two_runs(ground: Ground, seed: int) -> Record:
    """Two runs on one store, the second a moment later; every unit is made once, both end well."""
    chance, (store, tmp) = random.Random(seed), _fresh(ground, "two")
    ground.remember(store)
    first = ground.start(store, tmp / "1", "--json")
    time.sleep(chance.choice((0.0, chance.uniform(0, 2), chance.uniform(0, ground.seconds))))
    second = ground.start(store, tmp / "2", "--json")
    ends = [ground.finish(run) for run in (first, second)]
    made = [sum(json.loads(out.splitlines()[-1])["ran"].values()) if code == 0 else -1 for code, out, _ in ends]
    shutil.rmtree(tmp / "1", ignore_errors=False) if not rests(tmp / "1") else None
    shutil.rmtree(tmp / "2", ignore_errors=False) if not rests(tmp / "2") else None
    facts: Record = {"seed": seed, "codes": [code for code, _, _ in ends], "made": made, "once": sum(made) == ground.units}
    facts["first_said"] = "" if facts["once"] else "\n--\n".join(said[-1500:] for _, _, said in ends)
    return facts | ground.again(store, tmp, [first.pid, second.pid])


def _fresh(ground: Ground, name: str) -> tuple[Path, Path]:
    """An empty place for a store, and one for temporary files."""
    store, tmp = ground.folder / name, ground.folder / f"{name}-tmp"
    for folder in (store, tmp):
        shutil.rmtree(folder, ignore_errors=True)
    return store, tmp
