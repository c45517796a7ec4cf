"""The files of a user's folder: hidden ones left out, links to folders followed, each folder once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path


def is_there(path: Path) -> bool:
    """Whether a path that a file names exists; one that no file system takes (too long, a NUL in it) does not."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def files_below(root: Path, refuse: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """Paths relative to `root`, in one order on every machine. refuse: told of folders that cannot be listed (else: empty)."""
    seen: set[tuple[int, int]] = set()
    for folder, folders, names in os.walk(root, followlinks=True, onerror=refuse):
        here = os.stat(folder)
        if (here.st_dev, here.st_ino) in seen:
            folders.clear()
            continue
        seen.add((here.st_dev, here.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = Path(folder).relative_to(root)
        yield from (below / name for name in sorted(names) if not name.startswith("."))
