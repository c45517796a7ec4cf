"""Errors of the machine (files, disks, memory) as errors that a user can act on: path, rule, next step."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import tempfile

from smpl_assets.errors import InputError, RarePoseError, StageError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_ROOM = 1 << 20  # bytes below which a disk is taken for full
_SPACE = "free space there, or name another folder (--store, --out, TMPDIR)"
_RIGHTS = "change its permissions, or name another path"
# errno -> what is wrong with the path, and the next step.
_PATHS: dict[int, tuple[str, str]] = {
    errno.ENOENT: ("no such file or folder", "correct the path"),
    errno.EACCES: ("no permission", _RIGHTS),
    errno.EPERM: ("not permitted", _RIGHTS),
    errno.EROFS: ("on a file system that cannot be written", "name another path"),
    errno.EISDIR: ("a folder where a file should be", "correct the path"),
    errno.ENOTDIR: ("a file where a folder should be", "correct the path"),
    errno.EEXIST: ("already there, and not what it should be", "name another path"),
    errno.ENOTEMPTY: ("a folder that is not empty", "name another path"),
    errno.ENAMETOOLONG: ("a name that is too long for this file system", "name a shorter path"),
    errno.ELOOP: ("links that lead in a circle", "correct the links"),
    errno.EMFILE: ("too many files open at once", "raise the limit (ulimit -n 4096), or run fewer units at once: -j 1"),
    errno.ENFILE: ("too many files open on this machine", "close other programs"),
    errno.EIO: ("the disk reports an error", "check the disk; rarepose verify says what is damaged"),
    errno.ESTALE: ("the network file system lost it", "mount it again and run again"),
    errno.ENODEV: ("the device is gone", "mount it again and run again"),
}  # fmt: skip
_MEMORY = re.compile(r"out of memory|can't allocate memory|cannot allocate memory|bad_alloc", re.IGNORECASE)
_SHARED = re.compile(
    r"insufficient shared memory|shared memory \(shm\)|unable to mmap|DataLoader worker .* Bus error", re.IGNORECASE
)
_HIDDEN = re.compile(r"\(os error (\d+)\)")  # of libraries that are not written in Python


def explained(error: BaseException) -> RarePoseError | None:
    """The error in words; None where it is none of the machine's, and so somebody's bug."""
    if isinstance(error, RarePoseError):
        return error
    if isinstance(error, OSError) or _HIDDEN.search(str(error)):
        return _of_files(error)
    said = str(error).strip().split("\n")[0]
    if _SHARED.search(str(error)):
        step = "enlarge it (docker run --shm-size=2g), or set train.workers and evaluate.workers to 0"
        return StageError(f"/dev/shm: too little shared memory for loader processes ({said:.200})", step)
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" or _MEMORY.search(str(error)):
        return StageError(
            f"not enough memory ({said or 'out of memory'})", "fewer units at once (-j 1), or a smaller batch or image"
        )
    if isinstance(error, RuntimeError) and "home directory" in said:
        return InputError("~: this user has no home folder", "set HOME, or write paths out without ~")
    return None


def number_of(error: BaseException) -> int:
    """The errno of an error, also where a library hides it in its text; 0 where there is none."""
    hidden = _HIDDEN.search(str(error))
    return (error.errno or 0) if isinstance(error, OSError) else int(hidden[1]) if hidden else 0


def _of_files(error: BaseException) -> RarePoseError:
    number, path = number_of(error), getattr(error, "filename", None)
    where = f"{os.fsdecode(path)}: " if isinstance(path, (str, bytes, os.PathLike)) else ""
    if number in FULL:
        return StageError(f"{where or _fullest()}no space left on the disk", _SPACE)
    what, step = _PATHS.get(number, ((os.strerror(number) if number else str(error)).lower(), "see what the path names"))
    return InputError(f"{where}{what}", step)


def _fullest() -> str:
    """The temporary folder where that is what is full, for libraries that name no file."""
    with contextlib.suppress(OSError):
        folder = tempfile.gettempdir()
        if shutil.disk_usage(folder).free < _ROOM:
            return f"{folder}: "
    return ""
