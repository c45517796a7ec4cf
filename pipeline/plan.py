"""Which units are fresh, and why the others are not. Imports neither torch nor Luigi."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path

from pipeline.config import Config
from pipeline.files import FileDigests
from pipeline.fingerprint import canonical, code_of, difference, digest
from pipeline.store import KEY_LENGTH, Condition, Manifest, Store
from pipeline.unit import Facts, Reads, Stage, Unit

SCHEMA = 1
ACCEPTED = "accepted.json"
DONE = ("fresh", "evicted")


@dataclass(frozen=True)
class UnitState:
    """One unit as it stands. state: fresh, evicted, stale, missing or corrupt; reason says why, empty if fresh.

    ready: it can be made now (not while another unit of its own stage that it reads is not done; then there is no key yet).
    """

    unit: Unit
    key: str
    parts: dict
    state: str
    reason: str = ""
    manifest: Manifest | None = None
    ready: bool = True


@dataclass(frozen=True)
class StageState:
    """One stage as it stands. `behind` names the upstream stages that are not done; then units are not known yet."""

    stage: Stage
    units: tuple[UnitState, ...]
    state: str
    reason: str = ""
    behind: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        """Every unit is finished (its bytes may have been evicted)."""
        return self.state in DONE

    @property
    def key(self) -> str:
        """The unit's key, or one digest over the keys of several units; empty where not known yet."""
        keys = [u.key for u in self.units]
        return "" if not keys or "" in keys else keys[0] if len(keys) == 1 else digest(keys)[:KEY_LENGTH]


@dataclass
class Plan:
    """The state of every stage for one configuration and store; only positive answers are remembered."""

    config: Config
    store: Store
    stages: tuple[Stage, ...]
    digests: FileDigests
    forced: set[str] = field(default_factory=set)
    deep: bool = False
    _done: dict[str, StageState] = field(default_factory=dict)
    _judged: dict[str, list[UnitState]] = field(default_factory=dict)
    _code: dict[str, dict[str, str]] = field(default_factory=dict)

    def stage(self, name: str) -> Stage:
        """The stage of that name."""
        return next(s for s in self.stages if s.name == name)

    def upstream(self, names: Iterable[str]) -> tuple[Stage, ...]:
        """The named stages and everything they need, in order."""
        needed = set(names)
        for stage in reversed(self.stages):
            if stage.name in needed:
                needed |= set(stage.after)
        return tuple(s for s in self.stages if s.name in needed)

    def state(self, name: str) -> StageState:
        """How a stage stands now."""
        if name in self._done:
            return self._done[name]
        stage = self.stage(name)
        behind = tuple(n for n in stage.after if not self.state(n).done)
        if behind:
            made = any(not m.evicted for m in self.store.manifests(name))
            return StageState(stage, (), "stale" if made else "missing", f"behind {behind[0]}", behind)
        self._judged[name] = []
        for unit in self.units(stage):
            self._judged[name].append(self._unit_state(stage, unit))
        result = _summary(stage, tuple(self._judged.pop(name)))
        if result.done and name not in self.forced:
            self._done[name] = result
        return result

    def units(self, stage: Stage) -> list[Unit]:
        """The units of a stage whose upstream is done."""
        needed = [s.name for s in self.upstream([stage.name]) if s.name != stage.name]
        facts = {n: {u.unit.name: u.manifest.facts for u in self.state(n).units if u.manifest} for n in needed}
        return stage.units(self.config, Facts(facts))

    def directories(self, reads: Reads) -> tuple[Path, ...]:
        """The directories behind an input, in the order of the units."""
        return tuple(self.store.path(reads.stage, u.key) for u in self._read_units(reads))

    def evicted_inputs(self, unit: Unit) -> list[tuple[str, UnitState]]:
        """Finished units that this one reads and whose bytes are gone."""
        return [(r.stage, u) for r in unit.reads.values() for u in self._read_units(r) if u.state == "evicted"]

    def parts(self, stage: Stage, unit: Unit) -> dict:
        """Everything that the unit's key is made of."""
        inputs = {
            name: digest([m.output_digest(r.files) for u in self._read_units(r) if (m := u.manifest)])
            for name, r in unit.reads.items()
        }
        return {
            "schema": SCHEMA,
            "stage": stage.name,
            "unit": unit.name,
            "items": list(unit.items) if unit.items else None,
            "param": unit.params,
            "seed": self.config.seed,
            "code": self._accepted(stage, self.code(stage)),
            "input": {**inputs, **{f"file:{n}": self.digests.of(p) for n, p in unit.externals.items()}},
            "environment": {n: _version(n) for n in stage.environment},
        }

    def code(self, stage: Stage) -> dict[str, str]:
        """A stage's code as it was when this plan first looked: a file edited during a run belongs to the next one."""
        if stage.name not in self._code:
            self._code[stage.name] = code_of(stage.code(self.config), self.digests.code)
        return self._code[stage.name]

    def newest(self, stage: str, unit: str) -> Manifest | None:
        """The newest manifest of a unit of that name."""
        return next((m for m in self.store.manifests(stage) if m.unit == unit), None)

    def forget(self, name: str) -> None:
        """Judge a stage anew, and what is behind it."""
        self._done.pop(name, None)
        for stage in self.stages:
            if name in stage.after and stage.name in self._done:
                self.forget(stage.name)

    def accept(self, name: str) -> list[str]:
        """Record that the present code of a stage gives what the code of its newest finished units gave; their names."""
        stage = self.stage(name)
        now = self.code(stage)
        path = self.store.root / name / ACCEPTED
        known = _read_accepted(path)
        taken = []
        for state in self.state(name).units:
            for manifest in self.store.manifests(name):
                if state.state not in DONE and _differs_in_code_alone(manifest.key_parts, state.parts):
                    known[digest(now)] = manifest.key_parts["code"]
                    taken.append(state.unit.name)
                    break
        if taken:
            part = path.with_suffix(f".{os.getpid()}")
            part.write_text(json.dumps(known, sort_keys=True, indent=1), encoding="utf-8")
            part.replace(path)
            self.forget(name)
        return taken

    def _accepted(self, stage: Stage, code: dict[str, str]) -> dict[str, str]:
        return _read_accepted(self.store.root / stage.name / ACCEPTED).get(digest(code), code)

    def _read_units(self, reads: Reads) -> list[UnitState]:
        units = self._judged[reads.stage] if reads.stage in self._judged else self.state(reads.stage).units
        return [u for u in units if reads.unit is None or u.unit.name == reads.unit]

    def _unit_state(self, stage: Stage, unit: Unit) -> UnitState:
        before = [u for r in unit.reads.values() if r.stage == stage.name for u in self._read_units(r)]
        waits = [u.unit.name for u in before if u.state not in DONE]
        if waits:
            made = self.newest(stage.name, unit.name) is not None
            return UnitState(unit, "", {}, "stale" if made else "missing", f"behind {stage.name}/{waits[0]}", ready=False)
        parts = self.parts(stage, unit)
        key = digest(parts)[:KEY_LENGTH]
        found = self.store.condition(stage.name, key, self.deep)
        if found.state in DONE and stage.name in self.forced:
            return UnitState(unit, key, parts, "stale", "forced", found.manifest)
        if found.state == "missing":
            return self._unmade(stage, unit, key, parts)
        return UnitState(unit, key, parts, found.state, found.detail if found.state == "corrupt" else "", found.manifest)

    def _unmade(self, stage: Stage, unit: Unit, key: str, parts: dict) -> UnitState:
        old = self.newest(stage.name, unit.name)
        if old is None:
            return UnitState(unit, key, parts, "missing", "never made")
        return UnitState(unit, key, parts, "stale", "; ".join(explain(old.key_parts, parts)) or "its finished output was removed")


def explain(old: dict, new: dict) -> list[str]:
    """The key parts that differ, in words: `param image_size 128 -> 256`, `code training.losses changed`."""
    lines = []
    for line in difference(old, new):
        kind, _, rest = line.partition(".")
        name = rest.partition(" ")[0]
        if kind == "code":
            modules = [m for m in (*new["code"], *old["code"]) if rest.startswith(f"{m} ")]
            lines.append(f"code {max(modules, key=len) if modules else name} changed")
        elif kind == "input":
            lines.append(f"input {rest.rpartition(' -> ')[0].rpartition(' ')[0]} changed")
        else:
            lines.append(f"{kind} {rest}" if rest else kind)
    return lines


def _summary(stage: Stage, states: tuple[UnitState, ...]) -> StageState:
    for kind in ("corrupt", "stale", "missing", "evicted"):
        found = [u for u in states if u.state == kind]
        if found:
            first = found[0]
            name = f"{stage.name}/{first.unit.name}: " if len(states) > 1 else ""
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            bad = "stale" if kind == "missing" and len(found) < len(states) else kind
            return StageState(stage, states, bad, f"{name}{first.reason}{more}" if first.reason else "")
    return StageState(stage, states, "fresh")


def _differs_in_code_alone(old: dict, new: dict) -> bool:
    return bool(new) and canonical({**old, "code": 0}) == canonical({**new, "code": 0})


def _read_accepted(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


@cache
def _version(distribution: str) -> str:
    """major.minor of an installed distribution."""
    try:
        return ".".join(metadata.version(distribution).split(".")[:2])
    except metadata.PackageNotFoundError:
        return "none"


def check_of(condition: Condition) -> str:
    """One word and the detail of a store condition, for `verify`."""
    return condition.state if not condition.detail else f"{condition.state}: {condition.detail}"


def parts_text(parts: dict) -> str:
    """Key parts as canonical text (what is hashed)."""
    return canonical(parts)
