"""What the report is made of: the directories of a run's artifacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class StageTime:
    """What one stage took: units made, their seconds added up, and the host names that made them."""

    stage: str
    units: int
    seconds: float
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReportInputs:
    """Artifact directories of one run (docs/architecture.md); the report reads nothing else but the data set's images.

    annotations, image_roots: by split (`train`, `validation`). fit, render, translate: one directory per shard.
    train, evaluate: by variant. configuration: the sections as plain values. timings: in the order of the stages.
    """

    annotations: Mapping[str, Path]
    image_roots: Mapping[str, Path]
    rare_poses: Path
    inverse: Path
    fit: Sequence[Path]
    render: Sequence[Path]
    translator: Path
    translate: Sequence[Path]
    augment: Path
    train: Mapping[str, Path]
    evaluate: Mapping[str, Path]
    timings: Sequence[StageTime] = ()
    title: str = "RarePose"
    configuration: Mapping[str, Any] | None = None
