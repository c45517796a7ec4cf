"""Who makes units: this machine's processes (`local`) or, where a stage is sharded, a Ray cluster (`ray`)."""

from __future__ import annotations

import bisect
import multiprocessing
import multiprocessing.connection
import os
import queue
import signal
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from pipeline.pace import Pace
from pipeline.slots import Slots
from pipeline.worker import Order, limit_threads, make, pick_devices
from smpl_assets.cores import usable_cores
from smpl_assets.errors import RarePoseError, StageError
from smpl_assets.machine_errors import explained

# (stage, unit, done, total, figures): how far a unit is; a total of 0 says that it begins.
Listener = Callable[[str, str, int, int, dict[str, float]], None]


@dataclass(frozen=True)
class Finished:
    """An order that ended: made (False: another run made it meanwhile), or the error that ended it."""

    order: Order
    made: bool = False
    error: RarePoseError | None = None


@runtime_checkable
class Engine(Protocol):
    """Makes units, those of lower rank first, as many at once as there is room for."""

    def submit(self, order: Order) -> None:
        """Take an order; it begins inside a `wait`."""
        ...

    def wait(self, listener: Listener) -> list[Finished]:
        """Begin what there is room for and return what ended meanwhile (sometimes nothing); something has to be submitted."""
        ...

    def drop(self) -> list[Order]:
        """Give back the orders that have not begun."""
        ...

    def close(self) -> None:
        """Let go of the workers."""
        ...


class LocalEngine:
    """Spawned processes on this machine, which stay for the whole run, others for each GPU: memory that one holds stays held.

    What takes the whole machine is made in this process, and so is what nothing runs or waits beside.
    """

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers
        self._pending: list[Order] = []
        self._running: dict[Future, tuple[Order, str, ProcessPoolExecutor]] = {}
        self._pools: dict[str, ProcessPoolExecutor] = {}
        self._deaths: Counter[tuple[str, str]] = Counter()
        self._relay: _Relay | None = None
        self._slots: Slots | None = None
        self._pace = Pace()

    @property
    def busy(self) -> bool:
        """Something is submitted and has not ended."""
        return bool(self._pending or self._running)

    @property
    def slots(self) -> Slots:
        """What of this machine is free; looked at when first needed, for that takes torch."""
        if self._slots is None:
            self._slots = Slots([d for d in pick_devices() if d != "cpu"], self._workers)
        return self._slots

    def submit(self, order: Order) -> None:
        """Take an order."""
        bisect.insort(self._pending, order, key=lambda o: o.rank)

    def wait(self, listener: Listener, seconds: float | None = None) -> list[Finished]:
        """Begin what there is room for; what ended, after `seconds` at the latest (None: as soon as something did)."""
        alone = self._begin(listener, lone=seconds is None)
        if alone is not None:
            return [self._made_here(alone, listener)]
        done, _ = wait(self._running, seconds, FIRST_COMPLETED)
        return [finished for future in done if (finished := self._ended(future))]

    def drop(self) -> list[Order]:
        """Give back the orders that have not begun."""
        dropped, self._pending = self._pending, []
        return dropped

    def close(self) -> None:
        """Stop the workers."""
        for device in list(self._pools):
            self._kill(self._pools.pop(device))
        if self._relay is not None:
            self._relay.stop()
            self._relay = None

    def _begin(self, listener: Listener, lone: bool) -> Order | None:
        """Begin orders by rank; the one that this process has to make, with nothing beside it.

        Who waits for room is not overtaken by what could take that room (he would wait for ever), but where that saves time.
        """
        no_gpu = False
        for order in list(self._pending):
            if self.slots.takes_all(order.unit) or (lone and len(self._pending) == 1 and not self._running):
                if not self._running:
                    self._pending.remove(order)
                    return order
                if not self._pace.pays(self.slots.size):
                    break
                continue
            if no_gpu and order.unit.gpu_share:
                continue
            device = self.slots.take(order.unit)
            if device is not None:
                self._pending.remove(order)
                self._start(order, device, listener)
            elif not self.slots.free:
                break
            else:
                no_gpu = True
        return None

    def _start(self, order: Order, device: str, listener: Listener) -> None:
        listener(order.stage, order.unit.name, 0, 0, {})
        for attempt in (1, 2):
            pool = self._pool(device, listener)
            try:
                self._running[pool.submit(_in_worker, order, device)] = (order, device, pool)
                self._pace.begin(order.stage, order.unit.name)
                return
            except BrokenProcessPool:
                self._replace(device, pool)
                if attempt == 2:
                    raise

    def _made_here(self, order: Order, listener: Listener) -> Finished:
        stage, unit = order.stage, order.unit.name
        listener(stage, unit, 0, 0, {})
        device = self.slots.take(order.unit) or "cpu"
        try:
            return Finished(order, make(order, device, lambda done, total, **f: listener(stage, unit, done, total, f)))
        except Exception as error:
            return Finished(order, error=as_stage_error(order, error))
        finally:
            self.slots.leave(order.unit, device)

    def _ended(self, future: Future) -> Finished | None:
        """What became of an order; None if it is tried again, because its worker died."""
        order, device, pool = self._running.pop(future)
        self.slots.leave(order.unit, device)
        self._pace.end(order.stage, order.unit.name)
        try:
            return Finished(order, future.result())
        except BrokenProcessPool:
            self._replace(device, pool)
            self._deaths[order.stage, order.unit.name] += 1
            if self._deaths[order.stage, order.unit.name] == 1:
                self.submit(order)
                return None
            why = f"{order.stage}/{order.unit.name}: a worker process died twice (out of memory?)"
            return Finished(order, error=StageError(why, "run again with fewer workers: -j 1"))
        except Exception as error:
            return Finished(order, error=as_stage_error(order, error))

    def _pool(self, device: str, listener: Listener) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        if self._relay is None:
            self._relay = _Relay(context.Queue(), listener)
        if device not in self._pools:
            self._pools[device] = ProcessPoolExecutor(self.slots.size, context, _start_worker, (self._relay.messages,))
        return self._pools[device]

    def _replace(self, device: str, pool: ProcessPoolExecutor) -> None:
        """Do away with a broken pool, once: its other orders say so later."""
        if self._pools.get(device) is pool:
            self._kill(self._pools.pop(device))

    def _kill(self, pool: ProcessPoolExecutor) -> None:
        for process in list((pool._processes or {}).values()):
            process.kill()
        pool.shutdown(wait=True, cancel_futures=True)


class _Relay:
    """Hands the workers' progress to the listener."""

    def __init__(self, messages: Any, listener: Listener) -> None:
        self.messages, self._stopped = messages, threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listener,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self, listener: Listener) -> None:
        while not (self._stopped.is_set() and self.messages.empty()):
            try:
                listener(*self.messages.get(timeout=0.2))
            except queue.Empty:
                continue


def as_stage_error(order: Order, error: BaseException) -> RarePoseError:
    """Any exception of a unit as an error that names it; errors of ours and of the machine are told without a traceback."""
    told = explained(error)
    if told is not None:
        return type(told)(f"{order.stage}/{order.unit.name}: {told.what}", told.next_step)
    trace = "".join(traceback.format_exception(error)[-4:])
    what = f"{order.stage}/{order.unit.name}: {type(error).__name__}: {error}\n{trace}"
    return StageError(what, "what finished stays; run again to take up here")


_messages: list[Any] = []


def _start_worker(messages: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process ends its workers; a terminal's Ctrl-C reaches all of them
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _messages.append(messages)
    limit_threads(1)


def _end_with_parent() -> None:
    """A worker whose run was killed ends at once: nobody waits for it, and it holds the lock of its unit."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _in_worker(order: Order, device: str) -> bool:
    from threadpoolctl import threadpool_limits

    def progress(done: int, total: int, **figures: float) -> None:
        _messages[0].put((order.stage, order.unit.name, done, total, figures))

    try:
        # all cores for libraries that this worker loaded for one thread (with GPUs only: else the main process makes such units)
        with nullcontext() if order.unit.threads else threadpool_limits(usable_cores()):
            return make(order, device, progress)
    finally:
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_initialized():
            torch.cuda.empty_cache()
