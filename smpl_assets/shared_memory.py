"""Whether processes can share memory here: some containers have no /dev/shm, or one that cannot be written."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

from smpl_assets.told import TOLD

FOLDER = Path("/dev/shm")


def no_sharing() -> str:
    """Why processes cannot work together, '' where they can: every queue between them needs a semaphore in /dev/shm."""
    try:
        multiprocessing.get_context("fork").Lock()
    except (ImportError, OSError, ValueError) as error:
        return f"{FOLDER} cannot be used ({getattr(error, 'strerror', None) or error})"
    return ""


def loader_workers(wanted: int) -> int:
    """`wanted` loader processes, or none where they could not hand anything over; they have no influence on the result."""
    why = no_sharing() if wanted else ""
    if why:
        TOLD.warning("%s: images are loaded without further processes", why)
    return 0 if why else wanted
