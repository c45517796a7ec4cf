"""Work over many poses in chunks, on all cores, with results in order: threads never change a result."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache
from typing import TypeVar

from threadpoolctl import ThreadpoolController

from smpl_assets.cores import usable_cores

_LEAST_CHUNKS = 8  # with fewer, starting threads and waiting for them costs more than they bring, most of all on a busy machine
Result = TypeVar("Result")


def in_chunks(work: Callable[[slice], Result], count: int, size: int) -> Iterator[tuple[slice, Result]]:
    """`work(slice)` for each slice of at most `size` of `count` items, in order.

    With eight chunks or more a thread per core works ahead; at most two results per thread wait. BLAS has one thread in either
    case: how it cuts a product must not depend on the machine.
    """
    parts = [slice(start, min(start + size, count)) for start in range(0, count, size)]
    workers = usable_cores()
    if workers < 2 or len(parts) < _LEAST_CHUNKS:
        for part in parts:
            with one_blas_thread():
                result = work(part)
            yield part, result
        return
    with one_blas_thread(), ThreadPoolExecutor(workers) as pool:
        waiting: deque[tuple[slice, Future[Result]]] = deque()
        for part in parts:
            waiting.append((part, pool.submit(work, part)))
            if len(waiting) > 2 * workers:
                first, future = waiting.popleft()
                yield first, future.result()
        for first, future in waiting:
            yield first, future.result()


def one_blas_thread() -> AbstractContextManager[None]:
    """BLAS and OpenMP with one thread each while the context lasts."""
    return _controller().limit(limits=1)


@cache
def _controller() -> ThreadpoolController:
    """Found once: looking for the loaded libraries takes milliseconds."""
    return ThreadpoolController()
