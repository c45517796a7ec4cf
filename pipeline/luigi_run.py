"""The DAG as Luigi tasks, one a stage; the only module that imports Luigi."""

from __future__ import annotations

import logging
import multiprocessing
import queue
import socket
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any

import luigi
from luigi.interface import _WorkerSchedulerFactory

from pipeline.fingerprint import digest
from pipeline.runner import Runner, Stopped
from smpl_assets.errors import InputError, StageError
from smpl_assets.machine_errors import explained

START = "start one with luigid, or leave the option out"
_RUNS: dict[str, Runner] = {}


class StageTask(luigi.Task):
    """A stage of the DAG; `run` in the name of luigi's parameter is the digest of configuration and store."""

    run_digest = luigi.Parameter()
    stage = ""

    @property
    def runner(self) -> Runner:
        """The run that this task belongs to."""
        return _RUNS[self.run_digest]

    def requires(self) -> list[StageTask]:
        """The stages that it reads."""
        return [TASKS(n)(run_digest=self.run_digest) for n in self.runner.plan.shape.after(self.stage)]

    def complete(self) -> bool:
        """By content, not by existence: see pipeline.plan."""
        with self._told():
            return self.runner.done(self.stage)

    def run(self) -> None:
        """See that the stage's missing units are made; what is ready of other stages is made beside them."""
        with self._told():
            self.runner.make(self.stage)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Luigi only logs what a task raises: say it, and remember it for the exit code."""
        try:
            yield
        except Exception as error:
            told = self.stage in self.runner.told or (isinstance(error, Stopped) and self.runner.told)
            if not told:
                self.runner.told[self.stage] = explained(error) or unexpected(self.stage, error)
                self.runner.console.error(self.runner.told[self.stage])
            raise


@cache
def TASKS(name: str) -> type[StageTask]:
    """The Luigi task class of a stage: RarePoses, Render, ..."""
    family = "".join(p.capitalize() for p in name.split("_"))
    return type(family, (StageTask,), {"stage": name, "__module__": __name__})


def run(runner: Runner, scheduler: str = "") -> int:
    """Run what the runner was asked for; the exit code (0 done, 1 a stage failed, 2 its input cannot be used)."""
    run_digest = digest([runner.plan.config.model_dump(mode="json"), str(runner.plan.store.root.absolute())])[:12]
    _RUNS[run_digest] = runner
    tasks = [TASKS(n)(run_digest=run_digest) for n in runner.names]
    logging.getLogger("luigi").setLevel(logging.CRITICAL)
    logging.getLogger("luigi-interface").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        luigi.build(tasks, _OneProcess(), workers=1, no_lock=True, log_level="CRITICAL", **_scheduler(scheduler))
    if runner.told:
        return InputError.exit_code if all(isinstance(e, InputError) for e in runner.told.values()) else StageError.exit_code
    return 0 if all(runner.done(n) for n in runner.names) else StageError.exit_code


class _OneProcess(_WorkerSchedulerFactory):
    """Luigi's worker with a queue of this process: one between processes needs /dev/shm, and no task is run in another."""

    def create_worker(self, scheduler: Any, worker_processes: int, assistant: bool = False) -> luigi.worker.Worker:
        """The worker; the queue is the one thing that it takes from `multiprocessing` then."""
        with _replaced(multiprocessing, "Queue", _Queue):
            return super().create_worker(scheduler, worker_processes, assistant)


@contextmanager
def _replaced(module: ModuleType, name: str, value: object) -> Iterator[None]:
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


class _Queue(queue.Queue):
    """A queue that can be closed, which does nothing."""

    def close(self) -> None:
        """Nothing is held open."""


def unexpected(stage: str, error: Exception) -> StageError:
    """An error that nobody foresaw, with the end of its trace."""
    trace = "".join(traceback.format_exception(error)[-4:])
    return StageError(f"{stage}: {type(error).__name__}: {error}\n{trace}", "this is a bug of RarePose; what finished stays")


def _scheduler(address: str) -> dict:
    if not address:
        return {"local_scheduler": True}
    host, colon, port = address.partition(":")
    if not colon or not port.isdigit():
        raise InputError(f"--scheduler {address}: not of the form HOST:PORT", START)
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError as error:
        raise InputError(f"--scheduler {address}: nobody answers there ({error})", START) from error
    return {"local_scheduler": False, "scheduler_host": host, "scheduler_port": int(port)}
