from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from rich.console import Console as RichConsole

from pipeline.config import Config
from pipeline.console import Console
from pipeline.engine import Engine, Finished, Listener, LocalEngine, as_stage_error
from pipeline.files import FileDigests
from pipeline.luigi_run import run
from pipeline.plan import Plan
from pipeline.runner import Runner
from pipeline.store import Store
from pipeline.unit import Stage
from pipeline.upkeep import evict
from pipeline.worker import Order, make
from smpl_assets.errors import InputError
from tests.pipeline.toy import BRANCHES, COUNT, STAGES


def plan_of(root: Path, stages: tuple[Stage, ...] = STAGES, **changes: int) -> Plan:
    return Plan(Config(**changes), Store(root), stages, FileDigests(root))


def run_toy(
    root: Path,
    workers: int = 1,
    keep_going: bool = False,
    engine: Engine | None = None,
    force: str = "",
    stages: tuple[Stage, ...] = STAGES,
    **changes: int,
) -> tuple[int, dict]:
    plan = plan_of(root, stages, **changes)
    plan.forced.update({force} if force else set())
    made_by = engine or LocalEngine(workers)
    runner = Runner(plan, made_by, Console(quiet=True), ["total"], keep_going)
    try:
        return run(runner), runner.summary()
    finally:
        made_by.close()


def total(root: Path) -> str:
    return (root / "total/latest/total.txt").read_text()


def contents(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*.txt")) if not p.parent.is_symlink()}


def test_all_units_are_made_once_and_then_none(tmp_path: Path) -> None:
    code, summary = run_toy(tmp_path)
    assert code == 0
    assert summary["ran"] == {"numbers": 1, "square": COUNT, "total": 1}
    assert total(tmp_path) == "14"
    assert run_toy(tmp_path)[1]["ran"] == {}


@pytest.mark.slow
def test_several_workers_make_the_same_bytes(tmp_path: Path) -> None:
    assert run_toy(tmp_path / "one")[0] == run_toy(tmp_path / "two", workers=2)[0] == 0
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_failed_unit_ends_the_run_and_keep_going_makes_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOY_FAIL", "1")
    code, summary = run_toy(tmp_path)
    assert (code, summary["failed"], summary["ran"]) == (1, ["square"], {"numbers": 1, "square": 1})
    code, summary = run_toy(tmp_path, keep_going=True)
    assert (code, summary["ran"]) == (1, {"square": COUNT - 2})
    monkeypatch.delenv("TOY_FAIL")
    code, summary = run_toy(tmp_path)
    assert (code, summary["ran"]) == (0, {"square": 1, "total": 1})


def test_an_input_error_of_a_unit_is_exit_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(work: object) -> dict:
        raise InputError("a bad file")

    monkeypatch.setattr("tests.pipeline.toy.run_numbers", refuse)
    assert run_toy(tmp_path)[0] == 2


def test_a_stage_that_writes_what_it_wrote_before_stops_the_run_there(tmp_path: Path) -> None:
    run_toy(tmp_path)
    assert run_toy(tmp_path, force="numbers")[1]["ran"] == {"numbers": 1}


@pytest.mark.parametrize(("address", "said"), [("nowhere", "HOST:PORT"), ("127.0.0.1:9", "nobody answers")])
def test_a_scheduler_that_is_not_there_is_named(tmp_path: Path, address: str, said: str) -> None:
    runner = Runner(plan_of(tmp_path), LocalEngine(1), Console(quiet=True), ["total"])
    with pytest.raises(InputError, match=said):
        run(runner, address)


def test_states_and_reasons(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    assert [plan.state(s.name).state for s in STAGES] == ["missing", "missing", "missing"]
    assert plan.state("square").reason == "behind numbers"
    run_toy(tmp_path)
    assert [plan_of(tmp_path).state(s.name).state for s in STAGES] == ["fresh"] * 3
    changed = plan_of(tmp_path, seed=7)
    assert changed.state("numbers").state == "stale"
    assert changed.state("numbers").reason == "param seeded false -> true; seed 0 -> 7"
    assert changed.state("total").state == "stale"
    folder = plan_of(tmp_path).state("square").units[2]
    shutil.rmtree(tmp_path / "square" / folder.key)
    assert plan_of(tmp_path).state("square").reason == "square/2: never made"


class AtOnce:
    """An engine with room for everything; units of the stage `last` end after all others."""

    def __init__(self, last: str, begins: bool = True) -> None:
        self.last, self.begins = last, begins
        self.submitted: list[Order] = []
        self.ended: list[str] = []

    def submit(self, order: Order) -> None:
        self.submitted.append(order)

    def wait(self, listener: Listener) -> list[Finished]:
        order = min(self.submitted, key=lambda o: (o.stage == self.last, o.rank))
        self.submitted.remove(order)
        self.ended.append(f"{order.stage}/{order.unit.name}")
        try:
            return [Finished(order, make(order, "cpu"))]
        except Exception as error:
            return [Finished(order, error=as_stage_error(order, error))]

    def drop(self) -> list[Order]:
        dropped = [] if self.begins else self.submitted
        self.submitted = [o for o in self.submitted if o not in dropped]
        return dropped

    def close(self) -> None: ...


def test_a_unit_is_made_as_soon_as_its_own_inputs_are_there(tmp_path: Path) -> None:
    engine = AtOnce("slow")
    assert run_toy(tmp_path, engine=engine, stages=BRANCHES)[0] == 0
    assert engine.ended == ["numbers/all", "train/base", "slow/all", "train/more", "total/all"]


def test_what_nobody_asked_for_is_not_planned_but_can_be_asked_for_by_name(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, BRANCHES, seed=5)
    assert [s.name for s in plan.shape.upstream(["total"])] == ["numbers", "train", "total"]
    assert [s.name for s in plan.shape.upstream(["slow"])] == ["numbers", "slow"]
    assert run_toy(tmp_path, stages=BRANCHES, seed=5)[1]["ran"] == {"numbers": 1, "train": 1, "total": 1}
    assert not (tmp_path / "slow").exists()


@pytest.mark.parametrize(
    ("keep_going", "begun", "made"),
    [(False, False, {"numbers": 1}), (False, True, {"numbers": 1, "train": 1}), (True, False, {"numbers": 1, "train": 1})],
    ids=["waiting units are not begun", "begun units are finished", "keep going"],
)
def test_a_failure_leaves_other_branches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep_going: bool, begun: bool, made: dict[str, int]
) -> None:
    monkeypatch.setenv("TOY_FAIL", "slow")
    code, summary = run_toy(tmp_path, keep_going=keep_going, engine=AtOnce("train", begun), stages=BRANCHES)
    assert (code, summary["ran"], summary["failed"]) == (1, made, ["slow"])


def test_units_behind_another_are_judged_when_it_is_made(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, BRANCHES)
    assert plan.ready(plan.stages) == [("numbers", "all")]
    assert [u.reason for u in plan.state("train").units] == ["behind numbers", "behind slow"]
    assert plan.state("train").behind == ("numbers", "slow")


def test_evicted_units_come_back_before_their_readers(tmp_path: Path) -> None:
    run_toy(tmp_path)
    evict(Store(tmp_path), "numbers", [plan_of(tmp_path).state("numbers").key])
    evict(Store(tmp_path), "square", [u.key for u in plan_of(tmp_path).state("square").units])
    assert run_toy(tmp_path)[1]["ran"] == {}
    shutil.rmtree(tmp_path / "total")
    assert run_toy(tmp_path)[1]["ran"] == {"numbers": 1, "square": COUNT, "total": 1}
    assert total(tmp_path) == "14"


def test_a_log_says_when_stages_begin_and_when_they_are_made(tmp_path: Path) -> None:
    console = Console()
    console.rich = RichConsole(file=io.StringIO(), highlight=False, width=120)
    run(Runner(plan_of(tmp_path), LocalEngine(1), console, ["total"]))
    said = console.rich.file.getvalue().splitlines()
    assert [line.rsplit(" ", 2)[0] if "✓" in line else line for line in said] == [
        "numbers: counting",
        "✓ numbers",
        "square (4 units): squaring",
        "✓ square (4 units)",
        "total: adding up",
        "✓ total",
    ]


@pytest.mark.slow
def test_a_worker_that_dies_is_replaced_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    monkeypatch.setenv("TOY_MARKS", str(marks))
    monkeypatch.setenv("TOY_DIE", "1")
    assert run_toy(tmp_path / "once", workers=2)[0] == 0
    monkeypatch.setenv("TOY_DIE", "2")
    for mark in marks.iterdir():
        mark.unlink()
    code, summary = run_toy(tmp_path / "twice", workers=2)
    assert (code, summary["failed"]) == (1, ["square"])


@pytest.mark.slow
def test_a_ray_cluster_that_loses_a_node_finishes_every_shard_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ray
    from ray.cluster_utils import Cluster

    from pipeline.engine_ray import RayEngine

    marks = tmp_path / "marks"
    marks.mkdir()
    monkeypatch.setenv("TOY_MARKS", str(marks))
    monkeypatch.setenv("TOY_SECONDS", "1.5")
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    node = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()

    class Killing(RayEngine):
        """Takes a node away as soon as it is at work."""

        def _connect(self) -> None:
            super()._connect()
            import threading
            import time

            def kill() -> None:
                while not any(node.node_id in p.name for p in marks.iterdir()):
                    time.sleep(0.05)
                cluster.remove_node(node, allow_graceful=False)

            threading.Thread(target=kill, daemon=True).start()

    try:
        code, summary = run_toy(tmp_path / "ray", engine=Killing(cluster.address))
    finally:
        ray.shutdown()
        cluster.shutdown()
    assert code == 0
    assert summary["ran"] == {"numbers": 1, "square": COUNT, "total": 1}
    tried = [p.name.split("-")[0] for p in marks.iterdir()]
    assert len(tried) > COUNT, "no shard was lost, so nothing was tested"
    monkeypatch.delenv("TOY_MARKS")
    run_toy(tmp_path / "local")
    assert contents(tmp_path / "ray") == contents(tmp_path / "local")
