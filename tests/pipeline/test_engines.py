"""The engines on the real DAG: same bytes, whoever makes the shards."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.config import Config
from pipeline.engine import LocalEngine
from pipeline.pace import Pace
from pipeline.slots import Slots
from pipeline.unit import Unit
from pipeline.worker import Order
from tests.pipeline.sandbox import Sandbox

SHARDED = ("fit", "render", "translate")


def contents(sandbox: Sandbox) -> dict[str, bytes]:
    """What the sharded stages wrote."""
    found = {}
    for path in sorted(p for stage in SHARDED for p in (sandbox.store / stage).glob("*/*")):
        if not path.parent.is_symlink() and path.name != "manifest.json":
            found[str(path.relative_to(sandbox.store))] = path.read_bytes()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("options", [("-j", "2"), ("--engine", "ray", "-j", "2")], ids=["parallel", "ray"])
def test_parallel_and_ray_runs_give_the_same_bytes(sandbox: Sandbox, tmp_path: Path, options: tuple[str, ...]) -> None:
    before = contents(sandbox)
    for stage in SHARDED:
        shutil.rmtree(sandbox.store / stage)
    ran = sandbox.ran("augment", *options)
    assert set(ran) == set(SHARDED)
    assert contents(sandbox) == before


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Slots]:
    """The slots of a machine that this one is not."""

    def build(cores: int, gpus: int, gib: float, workers: int | None = None) -> Slots:
        card = type("Card", (), {"total_memory": int(gib * 2**30)})
        monkeypatch.setattr("pipeline.slots.usable_cores", lambda: cores)
        monkeypatch.setattr("torch.cuda.device_count", lambda: gpus)
        monkeypatch.setattr("torch.cuda.get_device_properties", lambda _: card)
        return Slots([f"cuda:{i}" for i in range(gpus)], workers)

    return build


def unit(gpu_share: float = 1.0, threads: int = 1) -> Unit:
    return Unit("a", "toy:run", gpu_share=gpu_share, threads=threads)


def taken(slots: Slots, wanted: Unit) -> list[str]:
    """Where units of one kind run until there is no more room."""
    return list(iter(lambda: slots.take(wanted), None))


@pytest.mark.parametrize(
    ("cores", "gpus", "gib", "share", "expected"),
    [
        (16, 1, 141, 1 / 16, 16),  # every core drives the GPU
        (16, 1, 8, 1 / 16, 4),  # as many as its memory holds
        (16, 1, 1, 1 / 16, 1),
        (32, 2, 80, 1 / 16, 32),
        (16, 2, 80, 1.0, 2),  # one a GPU
        (4, 8, 80, 1.0, 8),
        (16, 1, 141, 0.0, 16),  # a stage that needs no GPU
        (2, 0, 0, 1 / 16, 2),
    ],
)
def test_as_many_units_at_once_as_cores_and_gpus_hold(machine, cores, gpus, gib, share, expected):
    assert len(taken(machine(cores, gpus, gib), unit(share))) == expected
    assert len(taken(machine(cores, gpus, gib, workers=3), unit(share))) == (min(3, expected) if gpus else 3)


def test_a_translator_takes_one_gpu_and_trainings_the_others(machine) -> None:
    slots = machine(16, 4, 80)
    translator = unit(threads=0)
    assert not slots.takes_all(translator)
    place = slots.take(translator)
    trainings = taken(slots, unit())
    assert sorted([place, *trainings]) == ["cuda:0", "cuda:1", "cuda:2", "cuda:3"]
    assert taken(slots, unit(0.0)) == ["cpu"] * 12
    slots.leave(translator, place)
    assert taken(slots, unit()) == [place]


def test_what_uses_all_cores_takes_a_machine_without_gpus_as_a_whole(machine) -> None:
    assert machine(4, 0, 0).takes_all(unit(threads=0))
    assert not machine(4, 0, 0).takes_all(unit())
    assert machine(4, 0, 0, workers=1).takes_all(unit())


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[list[str], str]]:
    """What an engine begins of some units: {name: place}, and what it makes itself."""

    def begin(slots: Slots, units: dict[str, Unit], running: Pace | None = None) -> tuple[list[str], str]:
        started: list[str] = []
        engine = LocalEngine()
        engine._slots = slots

        def start(order: Order, device: str, _: object) -> None:
            started.append(f"{order.stage} on {device}")
            engine._running[order.stage] = None

        monkeypatch.setattr(engine, "_start", start)
        engine._running = dict.fromkeys(["a unit"] if running else [])
        if running:
            engine._pace = running
        for rank, (name, wanted) in reversed(list(enumerate(units.items()))):
            engine.submit(Order(Config(), Path(), name, wanted, "", {}, {}, {}, (rank, 0)))
        alone = engine._begin(lambda *_: None, lone=True)
        return started, alone.stage if alone else ""

    return begin


def test_who_waits_for_a_gpu_is_not_overtaken_by_who_needs_one(machine, begun) -> None:
    units = {"render": unit(1 / 16), "translator": unit(threads=0), "train": unit(1 / 16), "fit": unit(0.0)}
    assert begun(machine(16, 1, 80), units) == (["render on cuda:0", "fit on cpu"], "")
    assert begun(machine(16, 2, 80), units)[0] == ["render on cuda:0", "translator on cuda:1", "train on cuda:0", "fit on cpu"]


@pytest.fixture
def clock() -> list[float]:
    """A clock that the test sets."""
    return [0.0]


@pytest.fixture
def pace(clock: list[float]) -> Pace:
    """One training took 80 s, another begins at 100 s."""
    pace = Pace(lambda: clock[0])
    for unit, at, known in (("one", 0.0, True), ("two", 100.0, False)):
        clock[0] = at
        pace.begin("train", unit)
        if known:
            clock[0] = at + 80
            pace.end("train", unit)
    return pace


def test_a_place_beside_a_unit_that_has_just_begun_pays(pace: Pace, clock: list[float]) -> None:
    for seconds, places, pays in ((39, 2, True), (41, 2, False), (19, 4, True), (21, 4, False)):
        clock[0] = 100 + seconds
        assert pace.pays(places) == pays, seconds
    pace.begin("fit", "first of its stage")
    assert pace.pays(4)
    pace.end("fit", "first of its stage")
    pace.end("train", "two")
    assert not pace.pays(4)


def test_who_needs_the_whole_machine_is_overtaken_only_where_that_saves_time(machine, begun, pace, clock) -> None:
    units = {"translator": unit(threads=0), "train": unit()}
    clock[0] = 101
    assert begun(machine(4, 0, 0), units, running=pace) == (["train on cpu"], "")
    clock[0] = 179
    assert begun(machine(4, 0, 0), units, running=pace) == ([], "")
    assert begun(machine(4, 0, 0), units) == ([], "translator")
    assert begun(machine(4, 0, 0), {"render": unit(), "fit": unit()}) == (["render on cpu", "fit on cpu"], "")
    assert begun(machine(4, 0, 0), {"render": unit()}) == ([], "render")
