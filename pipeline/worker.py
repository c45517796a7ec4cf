"""Making one unit, in whatever process: lock, work in a temporary folder, commit."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from pipeline.config import Config
from pipeline.loaded import CodeEdited, loaded_code, watched
from pipeline.store import Store
from pipeline.telling import telling
from pipeline.training_logs import TrainingLog
from pipeline.unit import Unit, Work
from pipeline.user_files import FilesEdited, UserFiles, digests_of
from smpl_assets.cores import usable_cores
from smpl_assets.progress import Progress, silent

GPU_WORKER_GIB = 2.0  # a CUDA context, PyTorch's kernels, and a batch of scenes


@dataclass(frozen=True)
class Order:
    """A unit to be made: everything a worker on any machine that sees the store needs (paths, no data).

    code: as the plan read it ({} = not to be looked at). rank: lower ones come first. sharded: it may be made on a cluster.
    force: make it although it is there. logs: loggers of what it trains.
    """

    config: Config
    store: Path
    stage: str
    unit: Unit
    key: str
    parts: dict
    inputs: dict[str, tuple[Path, ...]]
    code: dict[str, str] = field(default_factory=dict)
    rank: tuple[int, int] = (0, 0)
    sharded: bool = False
    force: bool = False
    logs: tuple[str, ...] = ()


def make(order: Order, device: str, progress: Progress = silent) -> bool:
    """Make a unit; False if another process finished it meanwhile."""
    limit_threads(order.unit.threads)
    store = Store(order.store)
    with store.making(order.stage, order.key, order.force) as commit:
        if commit is None:
            return False
        loaded = loaded_code(order.store)
        loaded.look(order.code)
        module, _, function = order.unit.run.partition(":")
        run = getattr(import_module(module), function)
        scratch = store.scratch(order.stage, order.key)
        files = UserFiles(digests_of(order.store), order.unit.externals, order.parts.get("input", {}))

        def work(out: Path) -> dict:
            with telling(f"{order.stage}/{order.unit.name}"), _logged(order, progress) as told:
                told = watched(told, loaded, order.code)
                facts = run(Work(order.config, order.unit, order.inputs, out, device, told, scratch)) or {}
            loaded.look(order.code)
            loaded.look_at_files(order.code)
            files.look()
            return facts

        try:
            commit(work, order.unit.name, order.parts)
        except (CodeEdited, FilesEdited):
            shutil.rmtree(scratch, ignore_errors=True)  # nor can anybody say whose the checkpoints are
            raise
        shutil.rmtree(scratch, ignore_errors=True)
    return True


@contextmanager
def _logged(order: Order, progress: Progress) -> Iterator[Progress]:
    """The progress, written to the order's loggers too."""
    if not order.logs:
        yield progress
        return
    log = TrainingLog(progress, order.logs, order.store, (order.stage, order.unit.name, order.key), order.unit.params)
    made = False
    try:
        yield log
        made = True
    finally:
        log.close(made)


def limit_threads(threads: int) -> None:
    """CPU threads of the numeric libraries in this process; results do not depend on the number of workers."""
    count = threads or usable_cores()
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(count)
    import cv2
    import torch

    torch.set_num_threads(count)
    cv2.setNumThreads(0)


def workers_per_gpu(gpu_share: float) -> int:
    """How many units that each take this share of a GPU the smallest GPU of this machine holds at once."""
    import torch

    memory = min(torch.cuda.get_device_properties(i).total_memory for i in range(torch.cuda.device_count()))
    return max(1, min(int(1 / gpu_share + 1e-6), int(memory / 2**30 / GPU_WORKER_GIB)))


def pick_devices() -> list[str]:
    """The GPUs of this machine, or the CPU."""
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return [f"cuda:{i}" for i in range(count)] or ["cpu"]
