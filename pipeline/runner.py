"""One run: what Luigi's tasks ask and do. Judges by the store, never by what a task claims."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from pipeline.console import Console
from pipeline.engine import Engine
from pipeline.plan import DONE, Plan, UnitState
from pipeline.unit import Stage
from pipeline.worker import Order
from smpl_assets.errors import RarePoseError, StageError


@dataclass
class Runner:
    """Makes the units of stages that are not done.

    ran: {stage: number of units made}. told: {stage: the error that ended it, already shown}.
    """

    plan: Plan
    engine: Engine
    console: Console
    keep_going: bool = False
    ran: dict[str, int] = field(default_factory=dict)
    told: dict[str, RarePoseError] = field(default_factory=dict)
    began: float = field(default_factory=time.time)

    def done(self, name: str) -> bool:
        """The stage and all it needs are finished."""
        return self.plan.state(name).done and not any(s.name in self.plan.forced for s in self.plan.upstream([name]))

    def make(self, name: str) -> None:
        """Make what is missing of a stage; StageError if a unit failed or left nothing."""
        stage, state = self.plan.stage(name), self.plan.state(name)
        if state.behind:
            raise StageError(f"{name}: {', '.join(state.behind)} did not finish")
        while ready := [u for u in self.plan.state(name).units if u.state not in DONE and u.ready]:
            for unit in ready:
                self._restore(unit)
            self._hand_over(stage, ready)
            self.plan.forced.discard(name)
            self.plan.forget(name)
            undone = {u.unit.name for u in self.plan.state(name).units if u.state not in DONE}
            if undone & {u.unit.name for u in ready}:
                break
        if not self.plan.state(name).done:
            raise StageError(f"{name}: ended without its output ({self.plan.state(name).reason})", f"rarepose why {name}")

    def _hand_over(self, stage: Stage, units: list[UnitState]) -> None:
        orders = [self._order(stage, u) for u in units]
        began = time.monotonic()
        with self.console.stage(stage, [u.unit.name for u in units]) as listener:
            made, failed = self.engine.make(orders, listener, self.keep_going)
        self.ran[stage.name] = self.ran.get(stage.name, 0) + len(made)
        if failed:
            first = failed[0].error
            more = f" (and {len(failed) - 1} more units)" if len(failed) > 1 else ""
            raise type(first)(first.what + more, first.next_step)
        self.console.made(stage, len(made), time.monotonic() - began)

    def _order(self, stage: Stage, state: UnitState) -> Order:
        inputs = {name: self.plan.directories(reads) for name, reads in state.unit.reads.items()}
        run = stage.run(self.plan.config)
        force = state.reason == "forced"
        return Order(
            self.plan.config,
            self.plan.store.root.absolute(),
            stage.name,
            run,
            state.unit,
            state.key,
            state.parts,
            inputs,
            stage.threads,
            stage.gpu_share,
            force,
        )

    def _restore(self, state: UnitState) -> None:
        """Make again what was evicted and is read now."""
        for name, lost in self.plan.evicted_inputs(state.unit):
            self._restore(lost)
            self._hand_over(self.plan.stage(name), [lost])
            self.plan.forget(name)
            self.plan.state(name)

    def summary(self, names: list[str]) -> dict:
        """What `run --json` prints last."""
        ran = {n: c for n, c in self.ran.items() if c}
        fresh = [n for n in names if n not in ran and n not in self.told and self.plan.state(n).done]
        return {"ran": ran, "fresh": fresh, "failed": sorted(self.told), "seconds": round(time.time() - self.began, 3)}
