"""What a store holds of a stage beside what is fresh: older manifests, and code changes that a person accepted."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import TypeAdapter

from pipeline.files import replace_text
from pipeline.fingerprint import canonical, digest
from pipeline.manifest import Manifest
from pipeline.states import UnitState
from pipeline.store import Store

ACCEPTED = "accepted.json"
_ACCEPTED = TypeAdapter(dict[str, dict[str, str]])


class History:
    """Looked up once per stage."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._older: dict[str, dict[str, list[Manifest]]] = {}
        self._accepted: dict[str, dict[str, dict[str, str]]] = {}

    def older(self, stage: str) -> dict[str, list[Manifest]]:
        """All manifests of a stage by unit, newest first."""
        if stage not in self._older:
            found: dict[str, list[Manifest]] = {}
            for manifest in self._store.manifests(stage):
                found.setdefault(manifest.unit, []).append(manifest)
            self._older[stage] = found
        return self._older[stage]

    def add(self, manifest: Manifest) -> None:
        """A unit was made."""
        if manifest.stage in self._older:
            self._older[manifest.stage].setdefault(manifest.unit, []).insert(0, manifest)

    def code(self, stage: str, unit: str, code: dict[str, str]) -> dict[str, str]:
        """The code that counts: an older one where a person said that the present one gives the same."""
        if stage not in self._accepted:
            self._accepted[stage] = _read(self._path(stage))
        known = self._accepted[stage]
        return known.get(_name(unit, code), code) if known else code

    def accept(self, state: UnitState, code: dict[str, str]) -> bool:
        """Record that a unit's present code gives what the code gave that last made it otherwise alike; whether there is such."""
        older = (m for m in self.older(state.stage).get(state.unit.name, ()) if _code_alone(m.key_parts, state.parts))
        manifest = None if state.done else next(older, None)
        if manifest is None:
            return False
        path = self._path(state.stage)
        known = {**_read(path), _name(state.unit.name, code): manifest.key_parts["code"]}
        replace_text(path, json.dumps(known, sort_keys=True, indent=1))
        return True

    def _path(self, stage: str) -> Path:
        return self._store.root / stage / ACCEPTED


def _name(unit: str, code: dict[str, str]) -> str:
    """Of an acceptance: units of one stage may have been made by several older codes."""
    return f"{unit} {digest(code)}"


def _code_alone(old: dict, new: dict | None) -> bool:
    return bool(new) and canonical({**old, "code": 0}) == canonical({**(new or {}), "code": 0})


def _read(path: Path) -> dict[str, dict[str, str]]:
    """What was accepted; nothing where the file is damaged, so that things are rather made once too often."""
    try:
        return _ACCEPTED.validate_json(path.read_bytes())
    except (OSError, ValueError):
        return {}
