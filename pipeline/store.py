"""The artifact store: one directory per finished unit, committed by one rename, judged by its manifest."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.files import replace_link, sha256_of
from pipeline.fingerprint import version_of
from pipeline.locks import exclusive
from pipeline.manifest import FileRecord, Manifest, read_manifest, sync_folder, write_manifest
from pipeline.peak_memory import PeakMemory
from smpl_assets.errors import StageError
from smpl_assets.machine_errors import FULL, number_of

KEY_LENGTH = 16
UNWRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST)
RECORDED = (
    *("torch", "torchvision", "numpy", "scipy", "scikit-learn", "warp-lang", "anny", "smplx"),
    *("opencv-python-headless", "pillow"),
)


@dataclass(frozen=True)
class Condition:
    """State of one key in the store: `fresh`, `missing`, `corrupt` or `evicted`, and what is wrong."""

    state: str
    detail: str = ""
    manifest: Manifest | None = None


class Store:
    """`root/<stage>/<key16>/` holds a unit's outputs and its manifest."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def path(self, stage: str, key: str) -> Path:
        """The directory of a unit."""
        return self.root / stage / key

    def scratch(self, stage: str, key: str) -> Path:
        """A directory for a unit's checkpoints, which outlives an interrupted run."""
        folder = self.root / stage / f".{key}.scratch"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def manifest(self, stage: str, key: str) -> Manifest | None:
        """The manifest of a unit, None if there is none that can be believed."""
        return read_manifest(self.path(stage, key))

    def folders(self, stage: str) -> list[Path]:
        """The directories of a stage's units."""
        found = (self.root / stage).iterdir() if (self.root / stage).is_dir() else ()
        return [p for p in found if len(p.name) == KEY_LENGTH and p.is_dir() and not p.is_symlink()]

    def manifests(self, stage: str) -> list[Manifest]:
        """All manifests of a stage, newest first."""
        found = [m for folder in self.folders(stage) if (m := self.manifest(stage, folder.name))]
        return sorted(found, key=lambda m: (-m.created, m.key))

    def condition(self, stage: str, key: str, deep: bool = False) -> Condition:
        """Stat every file of a unit, re-hashing those whose mtime moved (all of them if `deep`)."""
        folder = self.path(stage, key)
        manifest = self.manifest(stage, key)
        if manifest is None:
            there = os.path.lexists(folder)
            return Condition("corrupt", "manifest.json missing or damaged") if there else Condition("missing")
        if manifest.evicted:
            return Condition("evicted", "bytes dropped", manifest)
        for name, known in manifest.files.items():
            if problem := _damage(folder / name, known, deep):
                return Condition("corrupt", f"output {name} {problem}", manifest)
        return Condition("fresh", "", manifest)

    @contextlib.contextmanager
    def making(self, stage: str, key: str, force: bool = False) -> Iterator[Callable[..., Manifest] | None]:
        """Hold the unit's lock. Yields None if it is finished already (another run made it) and `force` is
        not set, else a function `commit`.

        `commit(work, folder)` calls work(temporary folder) -> facts, hashes what it left and renames it into place.
        """
        self._writable(stage)
        with exclusive(self.root / stage / f".{key}.lock"):
            if not force and self.condition(stage, key).state == "fresh":
                yield None
                return
            for rest in (self.root / stage).glob(f".{key}.part-*"):
                discard(rest)
            yield lambda work, unit, parts: self._commit(stage, key, work, unit, parts)

    def _commit(self, stage: str, key: str, work: Callable[[Path], dict], unit: str, parts: dict) -> Manifest:
        folder = self.root / stage / f".{key}.part-{os.getpid()}"
        try:
            folder.mkdir(parents=True)
            began, peak = time.time(), PeakMemory()
            facts = work(folder)
            files = {p.relative_to(folder).as_posix(): _record(p) for p in sorted(folder.rglob("*")) if p.is_file()}
            seconds, host, versions = round(time.time() - began, 3), socket.gethostname(), {n: version_of(n) for n in RECORDED}
            recorded = {n: v for n, v in versions.items() if v}
            manifest = Manifest(stage, unit, key, parts, files, facts, time.time(), seconds, peak.mib(), host, recorded)
            write_manifest(folder, manifest)
            self._put(folder, self.path(stage, key))
            with contextlib.suppress(OSError):
                replace_link(self.root / stage / "latest", key)
            return manifest
        except Exception as error:
            told = self._explained(error, stage, folder)
            if told is error:
                raise
            raise told from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _put(self, folder: Path, target: Path) -> None:
        if os.path.lexists(target):
            old = target.with_name(f".{target.name}.part-old-{os.getpid()}")
            target.rename(old)
            folder.rename(target)
            discard(old)
        else:
            folder.rename(target)
        sync_folder(target.parent)

    def _writable(self, stage: str) -> None:
        try:
            (self.root / stage).mkdir(parents=True, exist_ok=True)
            probe = self.root / stage / f".probe-{os.getpid()}"
            probe.write_bytes(b"1")
            probe.unlink(missing_ok=True)
        except OSError as error:
            raise self._explained(error, stage, self.root / stage) from error

    def _explained(self, error: Exception, stage: str, folder: Path) -> Exception:
        """A full or read-only store as an error that names the path and the bytes; anything else as it is."""
        path, number = self.root / stage, number_of(error)
        named = getattr(error, "filename2", None) or getattr(error, "filename", None)  # a copy names its source first
        ours = not named or Path(named).absolute().is_relative_to(self.root.absolute())
        if number in FULL and not (ours and self._fuller_than_temporary(named)):
            temporary = tempfile.gettempdir()
            return StageError(f"{temporary}: no space left for the temporary files of stage {stage}", "free space, or set TMPDIR")
        if number in FULL:
            written = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) if folder.is_dir() else 0
            usual = max((sum(f["size"] for f in m.files.values()) for m in self.manifests(stage)), default=0)
            return StageError(
                f"{path}: no space left for stage {stage}: needs more than {max(written, usual):,} bytes, "
                f"{free_bytes(path):,} are free",
                "free space (rarepose gc --yes), or name another store with --store",
            )
        if number in UNWRITABLE and ours:
            next_step = "give it write permission, or name another store with --store"
            return StageError(f"{path}: the store cannot be written ({os.strerror(number)})", next_step)
        return error

    def _fuller_than_temporary(self, named: str | None) -> bool:
        """Whether it is the store's disk that is full: an error while writing does not name its file."""
        return bool(named) or free_bytes(self.root) <= free_bytes(Path(tempfile.gettempdir()))


def discard(path: Path) -> None:
    """Remove a directory, or whatever else lies there; what cannot be removed stays."""
    if path.is_symlink() or not path.is_dir():
        with contextlib.suppress(OSError):
            path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)


def _record(path: Path) -> FileRecord:
    with open(path, "rb") as file:
        os.fsync(file.fileno())
    stat = path.stat()
    return {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": sha256_of(path)}


def _damage(path: Path, known: FileRecord, deep: bool) -> str:
    try:
        stat = path.stat()
    except OSError:
        return "missing"
    if stat.st_size != known["size"]:
        return f"{'truncated' if stat.st_size < known['size'] else 'grown'} ({stat.st_size} of {known['size']} bytes)"
    if (deep or stat.st_mtime_ns != known["mtime_ns"]) and sha256_of(path) != known["sha256"]:
        return "changed (its content is not what the stage wrote)"
    return ""


def free_bytes(path: Path) -> int:
    """What is free on a path's disk; 0 where that cannot be told."""
    try:
        return shutil.disk_usage(existing_parent(path)).free
    except OSError:
        return 0


def existing_parent(path: Path) -> Path:
    """The nearest folder above (or at) `path` that exists."""
    return next((p for p in (path, *path.absolute().parents) if p.is_dir()), Path("/"))
