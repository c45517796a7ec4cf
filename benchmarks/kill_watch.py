"""What benchmarks/kill.py sees of a run from outside: its processes, what it leaves behind, whether two stores hold the same."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from dataclasses import dataclass
from pathlib import Path

# What differs between two undisturbed runs as well: when and how long (the manifests), and the report's section of times.
_TIMES = re.compile(rb"width:[\d.]+%|(\b[\d.,]+ (s|min|h)\b ?)+")
_KNOWN = re.compile(r"\.cache|\.lock|\..*\.lock")
_TORCHS = "torchinductor_"  # a folder that torch makes among the temporary files and keeps


@dataclass(frozen=True)
class Process:
    """A process of a run. role: main, worker (makes units) or helper (multiprocessing's resource tracker)."""

    pid: int
    role: str


def processes(session: int) -> list[Process]:
    """The living processes of a session, its leader first."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                state, _, _, own_session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
                if int(own_session) == session and state not in "ZX":
                    found.append(Process(int(folder.name), _role(int(folder.name), session)))
    return sorted(found, key=lambda p: (p.pid != session, p.pid))


def _role(pid: int, session: int) -> str:
    if pid == session:
        return "main"
    return "helper" if b"resource_tracker" in Path(f"/proc/{pid}/cmdline").read_bytes() else "worker"


def ended(session: int, seconds: float) -> list[Process]:
    """Wait until nothing of a session is left; what is there still."""
    deadline = time.monotonic() + seconds
    while (left := processes(session)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def end(left: list[Process]) -> None:
    """By hand."""
    for process in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)


def rests(*folders: Path) -> list[str]:
    """Temporary files below: in a store what begins with a dot and is neither its memory nor a lock, elsewhere everything."""
    found = []
    for folder in folders:
        store = (folder / ".cache").is_dir()
        for path in sorted(folder.rglob("*")):
            hidden = path.name.startswith(".") or path.suffix == ".part"
            if path.relative_to(folder).parts[0].startswith(_TORCHS):
                continue
            if not store or (hidden and not _KNOWN.fullmatch(path.name)):
                found.append(f"{folder.name}/{path.relative_to(folder)}")
    return found


def contents(store: Path) -> dict[str, bytes]:
    """The files of all finished units by name, without what says how long things took."""
    found = {}
    for manifest in store.glob("*/*/manifest.json"):
        if not manifest.parent.is_symlink():
            for path in (p for p in manifest.parent.rglob("*") if p.is_file() and p != manifest):
                data = path.read_bytes()
                found[path.relative_to(store).as_posix()] = _TIMES.sub(b"", data) if path.name == "report.html" else data
    return found


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """Names of the files that only one has, or that are not the same bytes."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
