"""Shards on a Ray cluster. Every node needs RarePose installed and sees the store and the data under the same paths."""

from __future__ import annotations

import logging
from typing import Any

import ray

from pipeline.engine import Finished, Listener, LocalEngine, as_stage_error
from pipeline.worker import Order, make
from smpl_assets.errors import InputError

RETRIES = 5
POLL_SECONDS = 0.2


class RayEngine:
    """Hands the units of sharded stages to a cluster, everything else to this machine.

    A unit whose node dies is made again on another one; it is committed by one rename, so none is ever there twice.
    """

    def __init__(self, address: str, workers: int | None = None) -> None:
        self._address, self._workers = address, workers
        self._local = LocalEngine(workers)
        self._pending: list[Order] = []
        self._running: dict[Any, Order] = {}
        self._connected = False

    def submit(self, order: Order) -> None:
        """Take an order."""
        if order.sharded:
            self._pending.append(order)
        else:
            self._local.submit(order)

    def wait(self, listener: Listener) -> list[Finished]:
        """Hand over what is to be made elsewhere (Ray is started here, inside a stage's run, and nowhere else); what ended."""
        if self._pending:
            self._connect()
        for order in sorted(self._pending, key=lambda o: o.rank):
            self._hand_over(order, listener)
        self._pending = []
        if not self._running:
            return self._local.wait(listener)
        seconds = POLL_SECONDS if self._local.busy else None
        done, _ = ray.wait(list(self._running), num_returns=1, timeout=seconds)
        return [self._ended(d) for d in done] + (self._local.wait(listener, POLL_SECONDS) if self._local.busy else [])

    def drop(self) -> list[Order]:
        """Give back the orders that have not begun; what the cluster has begun is stopped."""
        dropped = [*self._local.drop(), *self._pending, *self._running.values()]
        for reference in self._running:
            ray.cancel(reference)
        self._pending, self._running = [], {}
        return dropped

    def close(self) -> None:
        """Leave the cluster (one that was started here ends)."""
        self._local.close()
        if self._connected:
            ray.shutdown()

    def _hand_over(self, order: Order, listener: Listener) -> None:
        gpus = order.unit.gpu_share if ray.cluster_resources().get("GPU") else 0
        remote = ray.remote(num_cpus=1, num_gpus=gpus, max_retries=RETRIES, retry_exceptions=False)(_remote_make)
        self._running[remote.remote(order)] = order
        listener(order.stage, order.unit.name, 0, 0, {})

    def _ended(self, reference: Any) -> Finished:
        order = self._running.pop(reference)
        try:
            return Finished(order, ray.get(reference))
        except Exception as error:
            return Finished(order, error=as_stage_error(order, _cause(error)))

    def _connect(self) -> None:
        if ray.is_initialized():
            return
        try:
            limit = None if self._address else self._workers
            quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR, "include_dashboard": False}
            ray.init(address=self._address or None, num_cpus=limit, **quiet)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise InputError(
                f"--engine ray: no cluster at '{self._address}' ({error})", "ray start --head, or leave --address out"
            ) from error
        self._connected = True


def _remote_make(order: Order) -> bool:
    return make(order, "cuda:0" if ray.get_gpu_ids() else "cpu")


def _cause(error: BaseException) -> BaseException:
    """What the unit raised, without Ray's wrapping."""
    return getattr(error, "cause", None) or error
