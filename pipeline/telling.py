"""Shows what stage functions tell (`smpl_assets.told`) on stderr, under the name of the unit that is being made."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from smpl_assets.told import TOLD


class _Lines(logging.Handler):
    """Writes to whatever stderr is at the time: a terminal's bars put theirs in its place."""

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stderr, flush=True)


@contextmanager
def telling(unit: str) -> Iterator[None]:
    """Lines of `unit`, `STAGE/UNIT: ...`, as long as this lasts."""
    handler, level, propagate = _Lines(), TOLD.level, TOLD.propagate
    handler.setFormatter(logging.Formatter(f"{unit.replace('%', '%%')}: %(message)s"))
    TOLD.addHandler(handler)
    TOLD.setLevel(logging.INFO)
    TOLD.propagate = False
    try:
        yield
    finally:
        TOLD.removeHandler(handler)
        TOLD.setLevel(level)
        TOLD.propagate = propagate
