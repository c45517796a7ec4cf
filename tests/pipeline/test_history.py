"""Code changes that a person said are harmless."""

from __future__ import annotations

from pathlib import Path

from pipeline.fingerprint import digest
from pipeline.history import History
from pipeline.manifest import Manifest
from pipeline.states import UnitState
from pipeline.store import Store
from pipeline.unit import Unit

NOW = {"stage.module": "now"}


def parts(unit: str, code: dict[str, str]) -> dict:
    return {"unit": unit, "code": code, "param": {"seed": 1}}


def made(unit: str, code: str) -> Manifest:
    own = parts(unit, {"stage.module": code})
    return Manifest("square", unit, digest(own), own, {})


def stale(unit: str) -> UnitState:
    return UnitState("square", Unit(unit, "module:run"), "stale", parts=parts(unit, NOW))


def test_units_that_were_made_by_several_older_codes_are_all_accepted(tmp_path: Path) -> None:
    (tmp_path / "square").mkdir()
    history = History(Store(tmp_path))
    for manifest in (made("0", "first"), made("1", "second")):
        history.older("square").setdefault(manifest.unit, []).append(manifest)
    assert history.accept(stale("0"), NOW)
    assert history.accept(stale("1"), NOW)
    assert not history.accept(stale("2"), NOW)  # never made
    later = History(Store(tmp_path))
    assert later.code("square", "0", NOW) == {"stage.module": "first"}
    assert later.code("square", "1", NOW) == {"stage.module": "second"}
    assert later.code("square", "2", NOW) == NOW
    assert later.code("square", "0", {"stage.module": "other"}) == {"stage.module": "other"}
