"""What each stage took, from the manifests beside the artifacts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.report.inputs import StageTime

_ORDER = (
    "annotations", "rare_poses", "inverse", "fit", "render", "translator", "translate", "augment", "train", "evaluate",
)  # fmt: skip


def timings_of(inputs: Mapping[str, Sequence[Path]]) -> tuple[StageTime, ...]:
    """Seconds per stage, in the order of the stages; a directory without a readable manifest is left out."""
    seconds: dict[str, list[float]] = {}
    hosts: dict[str, set[str]] = {}
    for folder in sorted({folder for folders in inputs.values() for folder in folders}):
        try:
            manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            stage, took = str(manifest["stage"]), float(manifest["seconds"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        seconds.setdefault(stage, []).append(took)
        hosts.setdefault(stage, set()).update({str(manifest["host"])} if manifest.get("host") else ())
    stages = sorted(seconds, key=lambda s: (_ORDER.index(s) if s in _ORDER else len(_ORDER), s))
    return tuple(StageTime(s, len(seconds[s]), sum(seconds[s]), tuple(sorted(hosts[s]))) for s in stages)
