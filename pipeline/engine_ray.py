"""Shards on a Ray cluster. Every node needs RarePose installed and sees the store and the data under the same paths."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import ray

from pipeline.engine import Failure, Listener, LocalEngine, as_stage_error
from pipeline.worker import Order, make
from smpl_assets.errors import InputError

SHARDED = ("fit", "render", "translate")
RETRIES = 5


class RayEngine:
    """Hands the shards of `fit`, `render` and `translate` to a cluster, everything else to this machine.

    A unit whose node dies is made again on another one; it is committed by one rename, so none is ever there twice.
    """

    def __init__(self, address: str, workers: int | None = None) -> None:
        self._address, self._workers = address, workers
        self._local = LocalEngine(workers)
        self._connected = False

    def make(self, orders: Sequence[Order], listener: Listener, keep_going: bool) -> tuple[list[str], list[Failure]]:
        """Make the units; Ray is started here, inside the stage's run, and nowhere else."""
        if orders[0].stage not in SHARDED:
            return self._local.make(orders, listener, keep_going)
        self._connect()
        gpus = orders[0].gpu_share if ray.cluster_resources().get("GPU") else 0
        remote = ray.remote(num_cpus=1, num_gpus=gpus, max_retries=RETRIES, retry_exceptions=False)(_remote_make)
        waiting = {remote.remote(o): o for o in orders}
        made: list[str] = []
        failed: list[Failure] = []
        while waiting:
            (done,), _ = ray.wait(list(waiting), num_returns=1)
            order = waiting.pop(done)
            try:
                if ray.get(done):
                    made.append(order.unit.name)
            except Exception as error:
                failed.append(Failure(order.unit.name, as_stage_error(order, _cause(error))))
                if not keep_going:
                    for other in waiting:
                        ray.cancel(other)
                    break
            listener("units", len(orders) - len(waiting), len(orders), {})
        return made, failed

    def close(self) -> None:
        """Leave the cluster (one that was started here ends)."""
        self._local.close()
        if self._connected:
            ray.shutdown()

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
