"""Sees whether an input made the program run something: a marker file that hostile inputs write, and Python's audit events."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType
from typing import Any

MARKER = "code-was-run"
# Events of PEP 578 that reading a file has no reason for.
_EVENTS = ("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "subprocess.Popen", "pty.spawn",
           "socket.connect", "socket.getaddrinfo", "urllib.Request")  # fmt: skip
_watching: list[Canary] = []
_hooked: list[bool] = []


class Canary:
    """Watches this process for the length of a `with`. ran: what was run, in words."""

    def __init__(self, folder: Path) -> None:
        self.marker = folder / MARKER
        self.ran: list[str] = []

    def __enter__(self) -> Canary:
        if not _hooked:
            sys.addaudithook(_heard)
            _hooked.append(True)
        _watching.append(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        _watching.remove(self)
        if self.marker.exists():
            self.ran.append(f"{MARKER} was written")


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and event in _EVENTS:
        _watching[-1].ran.append(f"{event} {arguments!r:.120}")
