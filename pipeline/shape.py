"""Which stages read which, known before anything is made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pipeline.config import Config
from pipeline.unit import Facts, Stage, Unit


class Shape:
    """The stages of one configuration and their edges; a stage is planned only where it, or one that reads it, is asked for."""

    def __init__(self, config: Config, stages: tuple[Stage, ...]) -> None:
        self.config, self.stages = config, {s.name: s for s in stages}
        self._after: dict[str, tuple[str, ...]] = {}

    def after(self, name: str) -> tuple[str, ...]:
        """The stages that a stage's units read, or whose facts its planning asks, in the order of the stages."""
        if name not in self._after:
            asked = _Ones(self)
            reads = {r.stage for u in self.units(name, asked) for r in u.reads.values()}
            self._after[name] = tuple(s for s in self.stages if s in (reads | asked.stages) - {name})
        return self._after[name]

    def units(self, name: str, facts: Facts | None = None) -> list[Unit]:
        """The units of a stage where nothing is made yet: one of those whose number is still unknown."""
        return self.stages[name].units(self.config, facts or _Ones(self))

    def upstream(self, names: Iterable[str]) -> tuple[Stage, ...]:
        """The named stages and everything they need, in order."""
        needed = set(names)
        for name in reversed(self.stages):
            if name in needed:
                needed |= set(self.after(name))
        return tuple(s for n, s in self.stages.items() if n in needed)


class _Ones(dict):
    """Facts where nothing is made yet: every number is 1; remembers who was asked."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self._shape, self.stages = shape, set[str]()

    def __call__(self, stage: str, unit: str | None = None) -> dict[str, Any]:
        self.stages.add(stage)
        return self

    def __missing__(self, name: str) -> int:
        return 1

    def units(self, stage: str) -> list[str]:
        self.stages.add(stage)
        return [u.name for u in self._shape.units(stage, self)]
