"""How a unit and a stage stand, and why, in words."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.fingerprint import difference, digest
from pipeline.manifest import Manifest
from pipeline.store import KEY_LENGTH
from pipeline.unit import Stage, Unit
from smpl_assets.errors import StageError

DONE = ("fresh", "evicted")
# A unit by its stage and name; without a name, the list of a stage's units.
Name = tuple[str, str | None]


@dataclass(frozen=True)
class UnitState:
    """One unit as it stands. state: fresh, evicted, stale, missing or corrupt; reason says why, empty if fresh.

    behind: what it waits for first, None where it can be made now; without its inputs it has no key yet.
    """

    stage: str
    unit: Unit
    state: str
    reason: str = ""
    key: str = ""
    parts: dict | None = None
    manifest: Manifest | None = None
    behind: Name | None = None

    @property
    def done(self) -> bool:
        """It is finished (its bytes may have been evicted)."""
        return self.state in DONE

    @property
    def ready(self) -> bool:
        """It is to be made and can be."""
        return not self.done and self.behind is None


@dataclass(frozen=True)
class StageState:
    """One stage as it stands. `behind` names the stages that its units wait for; units are empty where not known yet."""

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


def summary(stage: Stage, states: tuple[UnitState, ...]) -> StageState:
    """A stage by its units: the worst of them, those first that can be made now."""
    behind = tuple(dict.fromkeys(u.behind[0] for u in states if u.behind and u.behind[0] != stage.name))
    for kind in ("corrupt", "stale", "missing", "evicted"):
        found = sorted((u for u in states if u.state == kind), key=lambda u: u.behind is not None)
        if found:
            first = found[0]
            name = f"{stage.name}/{first.unit.name}: " if len(states) > 1 else ""
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            bad = "stale" if kind == "missing" and len(found) < len(states) else kind
            return StageState(stage, states, bad, f"{name}{first.reason}{more}" if first.reason else "", behind)
    return StageState(stage, states, "fresh")


def dropped(name: str, stage: str) -> StageError:
    """That somebody asks for bytes that were evicted."""
    return StageError(f"{name}: evicted (its bytes were dropped)", f"rarepose run {stage} --force {stage} with the same options")


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
