"""roma without torch's compiler, of which it takes a decorator: that import is a second and 150 MiB of every process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import torch

_COMPILER = "torch._dynamo"


class _Decorator(ModuleType):
    """What roma takes from the compiler, in torch's own form that imports the compiler at the first call."""

    disable = staticmethod(torch._disable_dynamo)


@contextmanager
def _compiler_put_off() -> Iterator[None]:
    if _COMPILER in sys.modules:
        yield
        return
    sys.modules[_COMPILER] = _Decorator(_COMPILER)
    try:
        yield
    finally:
        del sys.modules[_COMPILER]


with _compiler_put_off():
    import roma

__all__ = ["roma"]
