"""One run: what Luigi's tasks ask and do. Judges by the store, never by what a task claims."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from rich.markup import escape

from pipeline.console import Console
from pipeline.engine import Engine, Finished
from pipeline.plan import Plan
from pipeline.states import UnitState, explain
from pipeline.worker import Order
from smpl_assets.errors import RarePoseError, StageError

UnitName = tuple[str, str]


class Stopped(StageError):
    """A stage that was not finished because another one failed; that one's error is what is told."""


class Runner:
    """Makes the units that are not done of the named stages and of all they need, each as soon as its own inputs are there.

    ran: {stage: number of units made}. told: {stage: the error that ended it, already shown}.
    more: {stage: how many of its units failed besides}.
    """

    def __init__(
        self,
        plan: Plan,
        engine: Engine,
        console: Console,
        names: Sequence[str],
        keep_going: bool = False,
        logs: tuple[str, ...] = (),
    ) -> None:
        self.plan, self.engine, self.console, self.names, self.keep_going = plan, engine, console, list(names), keep_going
        self.logs = logs
        self.involved = {s.name: n for n, s in enumerate(plan.shape.upstream(names))}
        self.ran: dict[str, int] = {}
        self.told: dict[str, RarePoseError] = {}
        self.more: dict[str, int] = {}
        self._began = time.time()
        self._opened = False
        self._taken: set[UnitName] = set()  # submitted, or failed
        self._flying: set[UnitName] = set()
        self._held: dict[UnitName, list[UnitName]] = {}  # evicted unit -> who reads it

    def done(self, name: str) -> bool:
        """The stage is finished."""
        return self.plan.done(name)

    def make(self, name: str) -> None:
        """Make what is missing of a stage, units of others beside it; StageError if a unit failed or left nothing."""
        if not self._opened:
            self._opened = True
            self._offer(self.plan.ready(self.involved))
        while self._flying and (self._stopping or not self.done(name)):
            for finished in self.engine.wait(self._listen):
                self._take(finished)
        if name in self.told:
            raise self.told[name]
        if not self.done(name):
            raise Stopped(f"{name}: ended without its output ({self.plan.state(name).reason})", f"rarepose why {name}")

    @property
    def _stopping(self) -> bool:
        return bool(self.told) and not self.keep_going

    def _offer(self, names: Iterable[UnitName]) -> None:
        """Submit units that can be made, and before them what was evicted and is read now."""
        for stage, unit in names:
            if stage not in self.involved or (stage, unit) in self._taken or self._stopping:
                continue
            state = self.plan.unit_state(stage, unit)
            lost = self.plan.evicted_inputs(state.unit)
            if not lost:
                self._submit(state)
            for evicted in lost:
                self._held.setdefault((evicted.stage, evicted.unit.name), []).append((stage, unit))
            self._offer((e.stage, e.unit.name) for e in lost)

    def _submit(self, state: UnitState) -> None:
        stage, name = self.plan.stages[state.stage], (state.stage, state.unit.name)
        self._taken.add(name)
        self._flying.add(name)
        inputs = {n: self.plan.directories(reads) for n, reads in state.unit.reads.items()}
        root, rank = self.plan.store.root.absolute(), (self.involved[stage.name], self.plan.place(*name))
        made_of = (stage.name, state.unit, state.key, state.parts or {}, inputs, self.plan.code(state.unit))
        self.engine.submit(
            Order(
                self.plan.config, root, *made_of, rank, stage.sharded, state.reason == "forced", self.logs if stage.trains else ()
            )
        )

    def _listen(self, stage: str, unit: str, done: int, total: int, figures: dict[str, float]) -> None:
        if total:
            self.console.progress(stage, unit, done, total, figures)
        else:
            undone = sum(not u.done for u in self.plan.state(stage).units) if stage not in self.console.stages else 0
            self.console.begins(self.plan.stages[stage], unit, undone)

    def _take(self, finished: Finished) -> None:
        """A unit ended: what it makes possible is submitted, or nothing more is."""
        stage, unit = finished.order.stage, finished.order.unit.name
        self._flying.discard((stage, unit))
        self.console.ended(stage, unit)
        if finished.made:
            self.ran[stage] = self.ran.get(stage, 0) + 1
        freed = [] if finished.error else self.plan.made(stage, unit)
        error = finished.error or self._unfinished(finished.order)
        if error:
            self._tell(stage, error)
            return
        self._say_remarks(stage, unit)
        self._taken.discard((stage, unit))
        self._offer([*self._held.pop((stage, unit), ()), *freed])
        if self.plan.done(stage):
            self.console.made(stage, self.ran.get(stage, 0))

    def _say_remarks(self, stage: str, unit: str) -> None:
        """What a unit has to say of what it read."""
        manifest = self.plan.unit_state(stage, unit).manifest
        for remark in manifest.facts.get("remarks", ()) if manifest else ():
            self.console.say(escape(f"  {stage}/{unit}: {remark}"))

    def _unfinished(self, order: Order) -> RarePoseError | None:
        name, state = f"{order.stage}/{order.unit.name}", self.plan.unit_state(order.stage, order.unit.name)
        if state.done:
            return None
        if state.key and state.key != order.key:
            changed = "; ".join(explain(order.parts, state.parts or {}))
            return StageError(f"{name}: made, but what it is made of changed meanwhile ({changed})", "run again")
        return StageError(f"{name}: ended without its output ({state.reason})", f"rarepose why {order.stage}")

    def _tell(self, stage: str, error: RarePoseError) -> None:
        if stage not in self.told:
            self.told[stage] = error
            self.console.error(error)
        else:
            self.more[stage] = self.more.get(stage, 0) + 1
        if not self.keep_going:
            self._flying -= {(o.stage, o.unit.name) for o in self.engine.drop()}

    def summary(self) -> dict:
        """What `run --json` prints last."""
        fresh = [n for n in self.involved if not self.ran.get(n) and n not in self.told and self.done(n)]
        return {"ran": self.ran, "fresh": fresh, "failed": sorted(self.told), "seconds": round(time.time() - self._began, 3)}
