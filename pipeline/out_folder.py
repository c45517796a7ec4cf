"""What `--out` names: a folder, or a file in one, that can be written; asked before any work is done."""

from __future__ import annotations

from pathlib import Path

from smpl_assets.caches import can_be_written
from smpl_assets.errors import InputError


def writable_folder(path: Path, option: str = "--out") -> Path:
    """The folder, made if need be; InputError naming the option where it is none or cannot be written."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        possible = can_be_written(path)
    except OSError:
        possible = False
    if not possible:
        raise InputError(f"{option} {path}: not a folder that can be written", "name another folder")
    return path


def writable_file(path: Path, option: str = "--out") -> Path:
    """The file, in a folder that can be written; InputError naming the option where it cannot be one."""
    if path.is_dir():
        raise InputError(f"{option} {path}: a folder, a file is to be written", "name a file in it")
    writable_folder(path.parent, option)
    return path
