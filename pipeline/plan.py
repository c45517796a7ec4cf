"""Which units are fresh, and why the others are not. Imports neither torch nor Luigi."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.closure import code_of
from pipeline.config import Config
from pipeline.files import FileDigests
from pipeline.fingerprint import digest, version_of
from pipeline.history import History
from pipeline.shape import Shape
from pipeline.states import Name, StageState, UnitState, explain, summary
from pipeline.store import KEY_LENGTH, Manifest, Store
from pipeline.unit import Reads, Stage, Unit, units_read

SCHEMA = 2


class Plan:
    """The state of every unit for one configuration and store, each judged once, when first asked for, until `made` says more.

    forced: stages that are to be made again even where they are fresh. deep: hash every file again.
    """

    def __init__(self, config: Config, store: Store, stages: tuple[Stage, ...], digests: FileDigests, deep: bool = False) -> None:
        self.config, self.store, self.digests, self.deep = config, store, digests, deep
        self.shape = Shape(config, stages)
        self.stages = self.shape.stages
        self.forced: set[str] = set()
        self._remade: set[Name] = set()
        self._code: dict[tuple, dict[str, str]] = {}
        self.judge_anew()

    def judge_anew(self) -> None:
        """Forget every judgement (not the code: a file edited during a run belongs to the next one)."""
        self._units: dict[str, dict[str, Unit]] = {}
        self._places: dict[str, dict[str, int]] = {}
        self._unknown: dict[str, Name] = {}
        self._states: dict[Name, UnitState] = {}
        self._waiting: dict[Name, list[Name]] = {}
        self._inputs: dict[Reads, str] = {}
        self._files: dict[Path, str] = {}
        self._history = History(self.store)

    def state(self, name: str) -> StageState:
        """How a stage stands now."""
        units = self.units(name)
        if units is None:
            cause = self._unknown[name][0]
            made = any(not m.evicted for found in self._history.older(name).values() for m in found)
            return StageState(self.stages[name], (), "stale" if made else "missing", f"behind {cause}", (cause,))
        return summary(self.stages[name], tuple(self.unit_state(name, unit) for unit in units))

    def units(self, name: str) -> dict[str, Unit] | None:
        """The units of a stage by name; None while facts that its planning asks for are not known."""
        if name not in self._units and name not in self._unknown:
            try:
                self._units[name] = {u.name: u for u in self.stages[name].units(self.config, _Facts(self))}
                self._places[name] = {unit: n for n, unit in enumerate(self._units[name])}
            except _Unknown as error:
                self._unknown[name] = error.cause
                self._waiting.setdefault(error.cause, []).append((name, None))
        return self._units.get(name)

    def unit_state(self, stage: str, unit: str) -> UnitState:
        """How a unit stands now."""
        if (stage, unit) not in self._states:
            self._states[stage, unit] = self._judged(stage, (self.units(stage) or {})[unit])
        return self._states[stage, unit]

    def done(self, name: str) -> bool:
        """Every unit of a stage is finished."""
        units = self.units(name)
        return units is not None and all(self.unit_state(name, u).done for u in units)

    def place(self, stage: str, unit: str) -> int:
        """A unit's place in the order of its stage."""
        return self._places[stage][unit]

    def ready(self, stages: Iterable[str]) -> list[tuple[str, str]]:
        """The units of some stages that can be made now."""
        return [(s, u) for s in stages for u in self.units(s) or () if self.unit_state(s, u).ready]

    def made(self, stage: str, unit: str) -> list[tuple[str, str]]:
        """Judge a unit anew that was made, and what waited for it; the units, of any stage, that can be made now."""
        before = self._states.pop((stage, unit), None)
        self._remade.add((stage, unit))
        self._files.clear()
        after = self.unit_state(stage, unit)
        if after.manifest is not None:
            self._history.add(after.manifest)
        if before and before.done and _differ(before.manifest, after.manifest):
            self.judge_anew()  # evicted bytes came back as other ones
            return self.ready(self.stages)
        found: list[tuple[str, str]] = []
        queue: list[Name] = [(stage, unit)]
        while queue:
            name = queue.pop()
            if self._known(name):
                queue += [n for waiting in self._waiting.pop(name, ()) for n in self._awaken(waiting)]
            elif name[1] is not None and self._states[name].ready:
                found.append((name[0], name[1]))
        return found

    def directories(self, reads: Reads) -> tuple[Path, ...]:
        """The directories behind an input, in the order of the units."""
        return tuple(self.store.path(reads.stage, self.unit_state(reads.stage, n).key) for n in self._read(reads))

    def evicted_inputs(self, unit: Unit) -> list[UnitState]:
        """Finished units that this one reads and whose bytes are gone."""
        read = {(r.stage, n): None for r in unit.reads.values() for n in self._read(r)}
        return [state for s, n in read if (state := self.unit_state(s, n)).state == "evicted"]

    def accept(self, name: str) -> list[str]:
        """Record that the present code of a stage gives what the code of its newest finished units gave; their names.

        Units that read others of the stage have keys only when those are done: they follow.
        """
        taken: list[str] = []
        while True:
            left = [state for state in self.state(name).units if state.unit.name not in taken]
            found = [state.unit.name for state in left if self._history.accept(state, self.code(state.unit))]
            if not found:
                return taken
            taken += found
            self.judge_anew()

    def code(self, unit: Unit) -> dict[str, str]:
        """A unit's code as it was when this plan first looked."""
        name = (unit.run, unit.code)
        if name not in self._code:
            self._code[name] = code_of(unit.run, unit.code, self.digests.code)
        return self._code[name]

    def _awaken(self, name: Name) -> list[Name]:
        """Look again at a unit, or at the list of a stage's units, that waited for something; what is to be looked at next."""
        stage, unit = name
        if unit is not None:
            self._states.pop(name, None)
            self.unit_state(stage, unit)
            return [name]
        self._unknown.pop(stage, None)
        listed = self.units(stage)
        for known in listed or ():
            self.unit_state(stage, known)
        return [] if listed is None else [name, *((stage, n) for n in listed)]

    def _known(self, name: Name) -> bool:
        """A unit that is done, or a list of units that is known."""
        return name[0] in self._units if name[1] is None else self._states[name].done

    def _judged(self, stage: str, unit: Unit) -> UnitState:
        cause = self._first_undone(unit)
        if cause:
            self._waiting.setdefault(cause, []).append((stage, unit.name))
            shown = "/".join(n for n in cause if n) if cause[0] == stage else cause[0]
            made = unit.name in self._history.older(stage)
            return UnitState(stage, unit, "stale" if made else "missing", f"behind {shown}", behind=cause)
        parts = self._parts(stage, unit)
        key = digest(parts)[:KEY_LENGTH]
        found = self.store.condition(stage, key, self.deep)
        state, reason = found.state, found.detail if found.state == "corrupt" else ""
        if found.state == "missing":
            state, reason = self._unmade(stage, unit, parts)
        elif state != "corrupt" and stage in self.forced and (stage, unit.name) not in self._remade:
            state, reason = "stale", "forced"
        return UnitState(stage, unit, state, reason, key, parts, found.manifest)

    def _first_undone(self, unit: Unit) -> Name | None:
        for reads in unit.reads.values():
            if reads in self._inputs:
                continue
            if self.units(reads.stage) is None:
                return (reads.stage, None)
            for name in self._read(reads):
                if not self.unit_state(reads.stage, name).done:
                    return (reads.stage, name)
        return None

    def _parts(self, stage: str, unit: Unit) -> dict[str, Any]:
        """Everything that the unit's key is made of."""
        inputs = {name: self._input(reads) for name, reads in unit.reads.items()}
        inputs |= {f"file:{n}": self._file(p) for n, p in unit.externals.items()}
        named = {"schema": SCHEMA, "stage": stage, "unit": unit.name, "items": list(unit.items) if unit.items else None}
        made_with = {"param": unit.params, "seed": self.config.seed, "environment": {n: _version(n) for n in unit.environment}}
        return {**named, **made_with, "code": self._history.code(stage, unit.name, self.code(unit)), "input": inputs}

    def _input(self, reads: Reads) -> str:
        """Digest of an input whose units are done."""
        if reads not in self._inputs:
            states = (self.unit_state(reads.stage, n) for n in self._read(reads))
            self._inputs[reads] = digest([m.output_digest(reads.files) for s in states if (m := s.manifest)])
        return self._inputs[reads]

    def _file(self, path: Path) -> str:
        if path not in self._files:
            self._files[path] = self.digests.of(path)
        return self._files[path]

    def _read(self, reads: Reads) -> Iterable[str]:
        return units_read(reads, self.units(reads.stage) or {})

    def _unmade(self, stage: str, unit: Unit, parts: dict) -> tuple[str, str]:
        older = self._history.older(stage).get(unit.name)
        if not older:
            return "missing", "never made"
        return "stale", "; ".join(explain(older[0].key_parts, parts)) or "its finished output was removed"


class _Unknown(Exception):
    """A fact is asked for that nobody left yet."""

    def __init__(self, cause: Name) -> None:
        self.cause = cause


class _Facts:
    """What the finished units left."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def __call__(self, stage: str, unit: str | None = None) -> dict[str, Any]:
        name = unit if unit is not None else self.units(stage)[0]
        state = self._plan.unit_state(stage, name)
        if not state.done or state.manifest is None:
            raise _Unknown((stage, name))
        return state.manifest.facts

    def units(self, stage: str) -> list[str]:
        units = self._plan.units(stage)
        if units is None:
            raise _Unknown((stage, None))
        return list(units)


def _differ(a: Manifest | None, b: Manifest | None) -> bool:
    return a is None or b is None or a.output_digest() != b.output_digest()


@cache
def _version(distribution: str) -> str:
    """major.minor of an installed distribution."""
    return ".".join(version_of(distribution).split(".")[:2]) or "none"
