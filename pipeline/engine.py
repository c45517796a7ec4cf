"""Who makes a stage's missing units: this machine's processes (`local`) or a Ray cluster (`ray`)."""

from __future__ import annotations

import multiprocessing
import os
import queue
import threading
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from pipeline.worker import Order, limit_threads, make, pick_devices, workers_per_gpu
from smpl_assets.errors import RarePoseError, StageError

# (unit, done, total, figures): how far a unit is.
Listener = Callable[[str, int, int, dict[str, float]], None]


@dataclass(frozen=True)
class Failure:
    """A unit that could not be made."""

    unit: str
    error: RarePoseError


@runtime_checkable
class Engine(Protocol):
    """Makes units; returns the names made (units that another run finished meanwhile are left out) and the failures."""

    def make(self, orders: Sequence[Order], listener: Listener, keep_going: bool) -> tuple[list[str], list[Failure]]:
        """Make the units."""
        ...

    def close(self) -> None:
        """Let go of the workers."""
        ...


class LocalEngine:
    """Spawned processes on this machine: one per core, or as many as a stage's units fit on the GPUs.

    They stay for the whole run while their number stays.
    """

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers
        self._devices: list[str] = []
        self._pool: ProcessPoolExecutor | None = None
        self._size = 0
        self._messages: Any = None

    def make(self, orders: Sequence[Order], listener: Listener, keep_going: bool) -> tuple[list[str], list[Failure]]:
        """Make the units, several at once where a unit takes one thread."""
        self._devices = self._devices or pick_devices()
        workers = self._count(orders)
        if workers == 1:
            return self._here(orders, listener, keep_going)
        for attempt in (1, 2):
            try:
                return self._pooled(orders, listener, keep_going)
            except BrokenProcessPool:
                self.close()
                if attempt == 2:
                    why = "a worker process died twice (out of memory?)"
                    return [], [Failure("*", StageError(f"{orders[0].stage}: {why}", "run again with fewer workers: -j 1"))]
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Stop the workers."""
        if self._pool is not None:
            for process in list((self._pool._processes or {}).values()):
                process.kill()
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _count(self, orders: Sequence[Order]) -> int:
        if any(o.threads == 0 for o in orders):
            return 1
        return min(self._limit(orders[0].gpu_share), len(orders))

    def _limit(self, gpu_share: float) -> int:
        """How many units of a stage may run at once."""
        cores = os.cpu_count() or 1
        if self._workers:
            return self._workers
        if self._devices[0] == "cpu" or gpu_share == 0:
            return cores
        return min(max(cores, len(self._devices)), len(self._devices) * workers_per_gpu(gpu_share))

    def _here(self, orders: Sequence[Order], listener: Listener, keep_going: bool) -> tuple[list[str], list[Failure]]:
        made, failed = [], []
        for order in orders:
            try:
                name = order.unit.name
                if make(order, self._devices[0], lambda done, total, *, _n=name, **figures: listener(_n, done, total, figures)):
                    made.append(name)
            except Exception as error:
                failed.append(Failure(order.unit.name, as_stage_error(order, error)))
                if not keep_going:
                    break
        return made, failed

    def _pooled(self, orders: Sequence[Order], listener: Listener, keep_going: bool) -> tuple[list[str], list[Failure]]:
        pool = self._started(max(2, self._limit(orders[0].gpu_share)))
        stop = threading.Event()
        relay = threading.Thread(target=_relay, args=(self._messages, listener, stop), daemon=True)
        relay.start()
        try:
            futures: dict[Future, Order] = {pool.submit(_in_worker, o): o for o in orders}
            return _gather(futures, keep_going)
        finally:
            stop.set()
            relay.join()

    def _started(self, workers: int) -> ProcessPoolExecutor:
        if self._size != workers:
            self.close()
        if self._pool is None:
            self._size = workers
            context = multiprocessing.get_context("spawn")
            self._messages = context.Queue()
            devices = context.Queue()
            for i in range(workers):
                devices.put(self._devices[i % len(self._devices)])
            self._pool = ProcessPoolExecutor(workers, context, _start_worker, (self._messages, devices))
        return self._pool


def as_stage_error(order: Order, error: BaseException) -> RarePoseError:
    """Any exception of a unit as an error that names it; errors of ours are kept."""
    if isinstance(error, RarePoseError):
        return type(error)(f"{order.stage}/{order.unit.name}: {error.what}", error.next_step)
    trace = "".join(traceback.format_exception(error)[-4:])
    return StageError(
        f"{order.stage}/{order.unit.name}: {type(error).__name__}: {error}\n{trace}",
        "what finished stays; run again to take up here",
    )


def _gather(futures: dict[Future, Order], keep_going: bool) -> tuple[list[str], list[Failure]]:
    made, failed = [], []
    for future in as_completed(futures):
        order = futures[future]
        try:
            if future.cancelled():
                continue
            if future.result():
                made.append(order.unit.name)
        except BrokenProcessPool:
            raise
        except Exception as error:
            failed.append(Failure(order.unit.name, as_stage_error(order, error)))
            if not keep_going:
                for other in futures:
                    other.cancel()
    return made, failed


def _relay(messages: Any, listener: Listener, stop: threading.Event) -> None:
    while not (stop.is_set() and messages.empty()):
        try:
            listener(*messages.get(timeout=0.2))
        except queue.Empty:
            continue


_worker: dict[str, Any] = {}


def _start_worker(messages: Any, devices: Any) -> None:
    _worker["messages"], _worker["device"] = messages, devices.get()
    limit_threads(1)


def _in_worker(order: Order) -> bool:
    def progress(done: int, total: int, **figures: float) -> None:
        _worker["messages"].put((order.unit.name, done, total, figures))

    return make(order, _worker["device"], progress)
