"""Starting `rarepose` for benchmarks/kill.py: by a new interpreter, or by a copy of this process, which has imported it all.

A run's own time is imports for the most part, of which a trial would pay four times. What a copy leaves out are the first seconds
of the main process; its workers are spawned as ever.
"""

from __future__ import annotations

import atexit
import importlib
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IMPORTED = (
    "pipeline.__main__", "pipeline.cli", "pipeline.start", "pipeline.report.stage", "smpl_assets.inverse.fit_network",
    "smpl_assets.inverse.fit_stage", "smpl_assets.inverse.stage", "smpl_assets.render.stage", "style_transfer.stage",
    "style_transfer.translate_stage", "training.augmented.stage",
    "training.evaluate_stage", "training.rarity.coverage", "training.rarity.stage", "training.train_stage",
)  # fmt: skip
CORE = max(os.sched_getaffinity(0))  # of everything: on two cores that others use, threads wait for one another


def import_all() -> None:
    """Import what a copy needs; nothing of it may have started a thread."""
    os.environ.update({name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")})
    for module in IMPORTED:
        importlib.import_module(module)
    if len(os.listdir("/proc/self/task")) > 1:
        raise SystemExit("an import has started a thread: a copy of this process would lack it")


@dataclass
class Run:
    """A started command; what it says goes to files, which nobody has to read while it lives."""

    pid: int
    out: Path
    said: Path
    code: int | None = None

    def poll(self) -> int | None:
        """The exit code, None while it runs; that of a signal is negative."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.code = os.waitstatus_to_exitcode(status) if pid else None
        return self.code

    def wait(self, seconds: float) -> int | None:
        """The exit code, None where it is still running after so long."""
        deadline = time.monotonic() + seconds
        while self.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.code


def start(words: list[str], environment: dict[str, str], said: Path, warm: bool, before: Callable[[], None]) -> Run:
    """`rarepose WORDS` in a session of its own; `before` is called in it first."""
    run = Run(0, said.with_suffix(".out"), said.with_suffix(".err"))
    sys.stdout.flush()
    run.pid = os.fork()
    if run.pid:
        return run
    try:
        _settle(environment, run)
        before()
        if warm:
            _command(words)
        os.execve(sys.executable, [sys.executable, "-m", "pipeline", *words], dict(os.environ))
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(70)


def _settle(environment: dict[str, str], run: Run) -> None:
    """The child's session, core, folder, environment and standard streams."""
    os.setsid()
    os.sched_setaffinity(0, {CORE})
    os.chdir(ROOT)
    os.environ.update(environment)
    for number, path in ((0, Path(os.devnull)), (1, run.out), (2, run.said)):
        os.dup2(os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), number)


def _command(words: list[str]) -> None:
    """The command in this process, which ends with it as an interpreter would."""
    import tempfile

    import pipeline.__main__ as command

    tempfile.tempdir = None
    sys.argv, sys.modules["__main__"] = ["rarepose", *words], command
    code: object = 0
    try:
        command.main()
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)
