"""What each stage took, from the manifests beside the artifacts; the run's configuration."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.report.inputs import ReportInputs
from pipeline.report.run import Run


@dataclass(frozen=True)
class StageTime:
    """What one stage took: units made, their seconds added up, and the host names that made them."""

    stage: str
    units: int
    seconds: float
    hosts: tuple[str, ...] = ()


def build(run: Run) -> dict[str, Any] | None:
    """`total`: seconds of all units. stages: in the order of the DAG. None where neither times nor a configuration are known."""
    configuration = json.dumps(run.inputs.configuration, indent=2) if run.inputs.configuration else ""
    stages = timings_of(run.inputs)
    shown = {"stages": stages, "configuration": configuration, "total": math.fsum(t.seconds for t in stages)}
    return shown if stages or configuration else None


def timings_of(inputs: ReportInputs) -> tuple[StageTime, ...]:
    """Seconds per stage; a directory without a readable manifest is left out."""
    times = (_time(stage, units.values()) for stage, units in inputs.artifacts.items())
    return tuple(t for t in times if t.units)


def seconds_of(folders: Sequence[Path]) -> float | None:
    """What the making of these directories took, added up; None where one of them doesn't tell."""
    made = _time("", folders)
    return made.seconds if made.units == len(folders) else None


def memory_of(folders: Sequence[Path]) -> dict[str, int] | None:
    """MiB: the most that the making of one of these directories took, by `process` and `gpu`; None where one doesn't tell.

    With several devices other processes trained: nobody knows of them.
    """
    most: dict[str, int] = {}
    for manifest in map(_manifest, folders):
        memory, parts = manifest.get("memory"), manifest.get("key_parts") or {}
        if not memory or parts.get("param", {}).get("devices", 1) > 1:
            return None
        most = {name: max(most.get(name, 0), mib) for name, mib in memory.items()}
    return most or None


def _manifest(folder: Path) -> dict[str, Any]:
    """Empty where there is none that can be read."""
    try:
        found = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _time(stage: str, folders: Iterable[Path]) -> StageTime:
    seconds, hosts = [], set()
    for manifest in map(_manifest, folders):
        try:
            seconds.append(float(manifest["seconds"]))
        except (ValueError, KeyError, TypeError):
            continue
        hosts |= {str(manifest["host"])} if manifest.get("host") else set()
    return StageTime(stage, len(seconds), math.fsum(seconds), tuple(sorted(hosts)))
