"""What a run needs of the machine around it: folders for caches and temporary files, shared memory, space, memory."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from pipeline.finding import Finding, finding
from pipeline.store import existing_parent
from smpl_assets.caches import CACHES, MOVED, Cache, can_be_written
from smpl_assets.cores import usable_cores
from smpl_assets.shared_memory import FOLDER, no_sharing

LOW_DISK, LOW_TEMPORARY, LOW_SHARED = 5 * 10**9, 10**9, 2**30
UNIT_BYTES = 2 * 2**30  # of a process with PyTorch, a body and a batch
_CGROUP = Path("/sys/fs/cgroup")


def surroundings(store: Path, loaders: int) -> list[Finding]:
    """Findings about this machine; `loaders`: the processes that load images for a training."""
    return [_disk(store), _temporary(), *_caches(), _shared(loaders), _memory()]


def _disk(store: Path) -> Finding:
    if not can_be_written(store):
        return Finding(
            "store", "none", f"{store} cannot be written", "status, why, verify and the like work; to run, name another --store"
        )
    free = shutil.disk_usage(existing_parent(store)).free
    return finding("disk", free >= LOW_DISK, f"{free / 1e9:.0f} GB free at {store}", "rarepose gc, or another --store")


def _temporary() -> Finding:
    try:
        folder = Path(tempfile.gettempdir())
        free = shutil.disk_usage(folder).free
    except OSError:
        return Finding("temporary files", "problem", "no folder for them can be written", "set TMPDIR")
    return finding(
        "temporary files", free >= LOW_TEMPORARY, f"{free / 1e9:.1f} GB free at {folder}", "set TMPDIR to a larger disk"
    )


def _caches() -> list[Finding]:
    return [_cache(cache, f"{cache.library}'s cache") for cache in CACHES]


def _cache(cache: Cache, topic: str) -> Finding:
    if cache not in MOVED:
        return Finding(topic, "ok", str(cache.folder))
    usual = MOVED[cache]
    why = f"{usual} cannot be written" if usual else "this user has no home folder"
    return Finding(topic, "none", f"{why}, {cache.folder} is used", f"set {cache.variable} to a folder that lasts")


def _shared(loaders: int) -> Finding:
    if why := no_sharing():
        step = f"mount a {FOLDER} that can be written; till then one unit is made after another"
        return Finding("shared memory", "none", why, step)
    if not FOLDER.is_dir():
        return Finding("shared memory", "ok", "there")
    size = shutil.disk_usage(FOLDER).total
    enough = not loaders or size >= LOW_SHARED
    step = "docker run --shm-size=2g, or train.workers = 0 and evaluate.workers = 0"
    return finding("shared memory", enough, f"{size / 2**30:.1f} GiB at {FOLDER}", step)


def _memory() -> Finding:
    available, cores = available_memory(), usable_cores()
    if available is None:
        return Finding("memory", "ok", "not known")
    units = int(available // UNIT_BYTES)
    text = f"{available / 2**30:.0f} GiB available, about {UNIT_BYTES / 2**30:.0f} GiB a unit"
    if units < 1:
        return Finding("memory", "problem", text, "close other programs, or give the container more")
    return finding("memory", units >= cores, text, f"-j {units} (there are {cores} cores)", "none")


def available_memory() -> int | None:
    """Bytes that new processes can have, the container's limit included; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return None
    try:
        limit, used = ((_CGROUP / name).read_text().strip() for name in ("memory.max", "memory.current"))
        return free if limit == "max" else min(free, int(limit) - int(used))
    except (OSError, ValueError):
        return free
