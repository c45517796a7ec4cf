"""What the order of the stages is written in: stages, their units, and what a unit reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smpl_assets.progress import Progress

if TYPE_CHECKING:
    from pipeline.config import Config


@dataclass(frozen=True)
class Reads:
    """An input of a unit: outputs of an earlier stage. unit None = all its units; files None = everything they wrote."""

    stage: str
    unit: str | None = None
    files: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Unit:
    """One piece of a stage's work: its name within the stage, what it reads, and what of the configuration it depends on.

    items: the range of items that a shard covers. externals: {name: the user's file or folder}, part of the key by content.
    """

    name: str
    reads: dict[str, Reads] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)
    externals: dict[str, Path] = field(default_factory=dict)
    items: tuple[int, int] | None = None


class Facts:
    """What planning may ask of earlier stages: the facts that their units left in their manifests."""

    def __init__(self, facts: dict[str, dict[str, dict]]) -> None:
        self._facts = facts

    def __call__(self, stage: str, unit: str | None = None) -> dict:
        """Facts of one unit (of the first one where `unit` is None)."""
        units = self._facts[stage]
        return units[unit if unit is not None else next(iter(units))]

    def units(self, stage: str) -> list[str]:
        """Names of the units of an earlier stage."""
        return list(self._facts[stage])


@dataclass(frozen=True)
class Stage:
    """A stage of the DAG.

    after: stages whose outputs it reads. units: what it consists of, from the configuration and earlier facts.
    code: root modules of its code closure. run: "module:function" called with a Work. environment: distributions whose
    major.minor version is part of the key. threads: CPU threads of one unit, 0 = all cores (then units run one by one).
    gpu_share: what a unit takes of a GPU, where there is one: so many of them run beside one another on it (0: needs none).
    """

    name: str
    after: tuple[str, ...]
    units: Callable[[Config, Facts], list[Unit]]
    code: Callable[[Config], tuple[str, ...]]
    run: Callable[[Config], str]
    environment: tuple[str, ...] = ()
    threads: int = 1
    gpu_share: float = 1.0
    title: str = ""


@dataclass(frozen=True)
class Work:
    """What a stage's run function gets.

    inputs: {name: directories of the units read}, out: an empty directory, device: cpu | cuda | cuda:N. scratch: a directory
    that an interrupted run leaves for the next one (checkpoints), removed when the unit is finished.
    """

    config: Config
    unit: Unit
    inputs: dict[str, tuple[Path, ...]]
    out: Path
    device: str
    progress: Progress
    scratch: Path

    def one(self, name: str) -> Path:
        """The directory of an input that is a single unit."""
        (folder,) = self.inputs[name]
        return folder
