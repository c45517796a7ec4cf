"""What the order of the stages is written in: stages, their units, and what a unit reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from smpl_assets.progress import Progress
from smpl_assets.work import Bench

if TYPE_CHECKING:
    from pipeline.config import Config


@dataclass(frozen=True)
class Reads:
    """An input of a unit: outputs of an earlier stage.

    unit: its name, or a pattern of several (`fill-*`, see fnmatch); None = all units. files None = everything they wrote.
    """

    stage: str
    unit: str | None = None
    files: tuple[str, ...] | None = None


def units_read(reads: Reads, units: Iterable[str]) -> list[str]:
    """Those of a stage's units that are read, in their order."""
    if reads.unit is None or "*" not in reads.unit:
        return list(units) if reads.unit is None else [reads.unit]
    return [name for name in units if fnmatchcase(name, reads.unit)]


@dataclass(frozen=True)
class Unit:
    """One piece of a stage's work: how it is made, what it reads, and what of the configuration it depends on.

    run: `module:function`, called with a Work. code: further root modules of its code: those of what is chosen by name.
    externals: {name: the user's file or folder}, part of the key by content. items: the range of items that a shard covers.
    environment: distributions whose major.minor version is part of the key. threads: CPU threads, 0 = all cores.
    gpu_share: what it takes of a GPU, where there is one: so many run beside one another on it (0: it runs on the processor).
    """

    name: str
    run: str
    code: tuple[str, ...] = ()
    reads: dict[str, Reads] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)
    externals: dict[str, Path] = field(default_factory=dict)
    items: tuple[int, int] | None = None
    environment: tuple[str, ...] = ()
    threads: int = 1
    gpu_share: float = 0.0


@runtime_checkable
class Facts(Protocol):
    """What planning may ask of earlier stages; which of them it asks must not depend on what they answer."""

    def __call__(self, stage: str, unit: str | None = None) -> dict[str, Any]:
        """The facts that a unit left in its manifest (the first one where `unit` is None)."""
        ...

    def units(self, stage: str) -> list[str]:
        """Names of the units of an earlier stage."""
        ...


@dataclass(frozen=True)
class Stage:
    """A stage of the DAG.

    title: what it does, for people. units: what it consists of, from the configuration and earlier facts; stages that nobody's
    units read are not made. sharded: its units can be made on a cluster. trains: its units
    tell figures of a training, which are logged.
    """

    name: str
    title: str
    units: Callable[[Config, Facts], list[Unit]]
    sharded: bool = False
    trains: bool = False


@dataclass(frozen=True)
class Work:
    """What a unit's run function gets.

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

    @property
    def bench(self) -> Bench:
        """The same for a stage function."""
        return Bench(self.config.seed, self.out, self.device, self.progress, self.scratch)

    def one(self, name: str) -> Path:
        """The directory of an input that is a single unit."""
        (folder,) = self.inputs[name]
        return folder
