"""One maker per unit: a lock that the kernel frees when its holder dies, or a lease with heartbeat where there is no flock."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LEASE_SECONDS = 60.0
NO_FLOCK = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


@contextmanager
def exclusive(path: Path, wait: bool = True) -> Iterator[bool]:
    """Hold the lock file `path`; yields False at once if another holds it and `wait` is false.

    The file stays (removing it would let two holders in); `gc` clears lock files that nobody holds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            held = True
        except BlockingIOError:
            held = False
        except OSError as error:
            if error.errno not in NO_FLOCK:
                raise
            with _lease(path.with_suffix(".lease"), wait) as held:
                yield held
            return
        yield held
    finally:
        os.close(handle)


@contextmanager
def _lease(path: Path, wait: bool) -> Iterator[bool]:
    while not _take(path):
        if not wait:
            yield False
            return
        time.sleep(0.5)
    stop = threading.Event()
    heart = threading.Thread(target=_beat, args=(path, stop), daemon=True)
    heart.start()
    try:
        yield True
    finally:
        stop.set()
        heart.join()
        path.unlink(missing_ok=True)


def _take(path: Path) -> bool:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        return True
    except FileExistsError:
        try:
            age = time.time() - path.stat().st_mtime
        except FileNotFoundError:
            return False
        if age > LEASE_SECONDS:
            path.rename(path.with_name(f"{path.name}.dead-{os.getpid()}"))
            path.with_name(f"{path.name}.dead-{os.getpid()}").unlink(missing_ok=True)
        return False


def _beat(path: Path, stop: threading.Event) -> None:
    while not stop.wait(LEASE_SECONDS / 6):
        os.utime(path)
