"""A process of its own that runs cases, watched from outside: one that hangs, dies or eats memory is an outcome as well."""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import json
import multiprocessing
import os
import resource
import shutil
import signal
import tempfile
import time
import warnings
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from tests.fuzz.case import DONE, PROJECT, Family, Lost, Outcome, run_case
from tests.fuzz.families.table import load

SECONDS = 10.0
MEBIBYTES = 1024.0
_PATIENCE = 15  # times SECONDS, for a case that waits instead of working
_HARD_MIB = 8192
_TRACE = "trace.txt"
_MIB_PER_KIB = 1 / 1024


class Worker:
    """Runs cases one by one; started again after one that it did not survive."""

    def __init__(self, seconds: float = SECONDS, mebibytes: float = MEBIBYTES, scratch: Path | None = None) -> None:
        self.seconds, self.mebibytes = seconds, mebibytes
        self._family = ""  # whose cases the process is ready for
        memory = Path("/dev/shm")
        quick = memory if os.access(memory, os.W_OK) else None  # nothing waits for a disk there
        self.scratch = Path(tempfile.mkdtemp(prefix="rarepose-fuzz-", dir=scratch or quick))
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None

    def begin(self, family: str) -> str:
        """Have the process import a family; why it cannot run here, '' where it can."""
        pipe = self._started()
        pipe.send(family)
        missing: str = pipe.recv()
        self._family = family
        return missing

    def run(self, family: str, seed: int) -> Outcome:
        """One case, its folder left in `scratch / str(seed)` where it is bad."""
        if self._pipe is None or self._family != family:
            self.begin(family)
        pipe = self._started()
        spent = self._cpu_seconds()
        pipe.send(seed)
        try:
            outcome = pipe.recv() if self._answered(pipe) else None
        except (EOFError, ConnectionResetError):
            outcome = None
        if isinstance(outcome, Exception):
            raise outcome
        seconds = round(self._cpu_seconds() - spent, 2)
        return replace(self._dead(seed) if outcome is None else outcome, seconds=seconds)

    def _answered(self, pipe: Connection) -> bool:
        """Whether an answer comes before the case has used up its time: of the processor, for others may be using the machine."""
        began, spent = time.monotonic(), self._cpu_seconds()
        while not pipe.poll(0.5):
            if self._cpu_seconds() - spent > self.seconds or time.monotonic() - began > _PATIENCE * self.seconds:
                return False
        return True

    def _cpu_seconds(self) -> float:
        """Processor time of the process so far."""
        try:
            fields = Path(f"/proc/{self._process.pid if self._process else 0}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _dead(self, seed: int) -> Outcome:
        """What is known of a case that its process did not survive, or that had to be ended."""
        hung = self._process is not None and self._process.is_alive() and not self._process.join(0.5) and self._process.is_alive()
        code, trace = self._stopped(), (self.scratch / _TRACE).read_text(errors="replace")
        note = self.scratch / str(seed) / DONE
        done = json.loads(note.read_text(encoding="utf-8")) if note.is_file() else []
        ended = f"not finished after {self.seconds:g} s" if hung else f"the process died, exit code {code}"
        where = next((line.split("/")[-1] for line in trace.splitlines() if any(p in line for p in PROJECT)), "")
        signature = f"{'takes too long' if hung else f'died with {code}'} in {where}" if where else ended
        return Outcome(self._family, seed, "crash", f"{ended}\n{trace}", signature, done)

    def close(self) -> None:
        """Stop the process and remove what it left."""
        self._stopped()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _started(self) -> Connection:
        if self._pipe is None:
            context = multiprocessing.get_context("spawn")
            self._pipe, theirs = context.Pipe()
            arguments = (theirs, self.mebibytes, str(self.scratch))
            self._process = context.Process(target=_serve, args=arguments, daemon=True)
            self._process.start()
            theirs.close()
        return self._pipe

    def _stopped(self) -> int | None:
        process, self._process, self._pipe = self._process, None, None
        if process is None:
            return None
        if process.is_alive():
            os.kill(process.pid or 0, signal.SIGABRT)  # faulthandler writes where it was
            process.join(2.0)
        code = process.exitcode
        process.kill()
        process.join()
        return code


def _serve(pipe: Connection, mebibytes: float, scratch: str) -> None:
    """The process: names of families in, what each lacks out; seeds in, outcomes out."""
    warnings.simplefilter("ignore")
    faulthandler.enable(open(Path(scratch, _TRACE), "w"))  # noqa: SIM115 (open for as long as the process lives)
    os.environ["TMPDIR"] = scratch
    tempfile.tempdir = None
    for stream in (1, 2):  # what libraries in C print, too
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    with contextlib.suppress(EOFError):
        while True:
            asked = pipe.recv()
            if isinstance(asked, str):
                family = load(asked)
                pipe.send(_begun(family, Path(scratch)))
            else:
                pipe.send(_one(family, asked, Path(scratch), mebibytes))


def _begun(family: Family, scratch: Path) -> str:
    missing = family.missing()
    if not missing:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
        _warm(family, scratch)
        resource.setrlimit(resource.RLIMIT_AS, (_address_space() + (_HARD_MIB << 20), resource.RLIM_INFINITY))
    return missing


def _warm(family: Family, scratch: Path) -> None:
    """Import and cache what the first cases would, so that it counts for none of them."""
    for seed in range(3):
        with contextlib.suppress(Exception):
            run_case(family, seed, _fresh(scratch / "warm"))
    shutil.rmtree(scratch / "warm", ignore_errors=True)


def _one(family: Family, seed: int, scratch: Path, mebibytes: float) -> Outcome | Lost:
    folder = _fresh(scratch / str(seed))
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = _resident_mib("VmRSS")
    try:
        outcome = run_case(family, seed, folder)
    except Lost as error:
        return Lost(f"{error}: {error.__cause__!r}")
    peak = _resident_mib("VmHWM") - before
    if peak > mebibytes and outcome.kind in ("accepted", "refused"):
        outcome = replace(
            outcome, kind="crash", said=f"it took {peak:.0f} MiB: {outcome.said}", signature="takes too much memory"
        )
    if not outcome.bad:
        shutil.rmtree(folder, ignore_errors=True)
    if peak > 64:
        gc.collect()
    return replace(outcome, peak_mib=round(peak, 1))


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _resident_mib(name: str) -> float:
    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith(f"{name}:"))
    return int(line.split()[1]) * _MIB_PER_KIB


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
