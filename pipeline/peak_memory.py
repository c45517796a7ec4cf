"""The most memory that this process held since a moment: measured beside the time that a unit took, and part of no key."""

from __future__ import annotations

import contextlib
import resource
import sys
from pathlib import Path
from typing import Any

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_MIB = 2**20
_RUSAGE_BYTES = 1 if sys.platform == "darwin" else 1024


class PeakMemory:
    """Begins anew where the system lets it (Linux); elsewhere the process's peak counts from its start."""

    def __init__(self) -> None:
        with contextlib.suppress(OSError):
            _CLEAR.write_text("5")
        if cuda := _cuda():
            for index in range(cuda.device_count()):
                cuda.reset_peak_memory_stats(index)

    def mib(self) -> dict[str, int]:
        """`process`: most resident memory of this process. `gpu`: most that torch held of one GPU, if it held any."""
        found = {"process": round(_resident() / _MIB)}
        if cuda := _cuda():
            held = max(cuda.max_memory_allocated(index) for index in range(cuda.device_count()))
            found |= {"gpu": round(held / _MIB)} if held else {}
        return found


def _resident() -> int:
    """Bytes."""
    with contextlib.suppress(OSError, ValueError, StopIteration):
        line = next(line for line in _STATUS.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RUSAGE_BYTES


def _cuda() -> Any:
    """torch.cuda where this process uses it already: asking would make it do so."""
    torch = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_initialized() else None
