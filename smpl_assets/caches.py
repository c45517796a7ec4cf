"""Where libraries keep what they make once: their usual folder, or one in the temporary folder where that cannot be written.

Asked before the libraries are imported. What is chosen goes into their environment variables, so that worker processes share it.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cache:
    """One library's: the variable that moves it, and its usual folder below the user's home or what `base` names."""

    library: str
    variable: str
    usual: str
    base: str = ""

    @property
    def folder(self) -> Path | None:
        """Where it is now: what the variable says, else the usual one; None where there is no home."""
        if named := os.environ.get(self.variable):
            return Path(named).expanduser()
        home = home_folder()
        base = os.environ.get(self.base) or (home and home / (".config" if self.base == "XDG_CONFIG_HOME" else ".cache"))
        return Path(base, self.usual) if base else None


ANNY = Cache("Anny", "ANNY_CACHE_DIR", "anny")
WARP = Cache("Warp", "WARP_CACHE_PATH", "warp", "XDG_CACHE_HOME")
CACHES: tuple[Cache, ...] = (ANNY, WARP, Cache("matplotlib", "MPLCONFIGDIR", "matplotlib", "XDG_CONFIG_HOME"))

# Caches that were moved, and where they would be; None where there is no home.
MOVED: dict[Cache, Path | None] = {}


def use_writable_caches() -> None:
    """Move caches that cannot be written into the temporary folder, by their variables (`MOVED` says which)."""
    for cache in CACHES:
        folder = cache.folder
        if folder is None or not can_be_written(folder):
            MOVED[cache] = folder
            os.environ[cache.variable] = str(_own_folder() / cache.library.lower())
    if home_folder() is None:
        os.environ["HOME"] = str(_own_folder())


def home_folder() -> Path | None:
    """The user's home, None where there is none (an unknown user in a container)."""
    try:
        return Path.home()
    except RuntimeError:
        return None


def can_be_written(folder: Path) -> bool:
    """Whether a folder, or what would be made for it, takes files; asks by writing one where the folder is there."""
    there = next((p for p in (folder, *folder.absolute().parents) if p.exists()), Path("/"))
    if not there.is_dir():
        return False
    if there != folder:
        return os.access(there, os.W_OK | os.X_OK)
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _own_folder() -> Path:
    """A folder of this user's in the temporary one, the same for every run; another one where somebody else made it."""
    folder = Path(tempfile.gettempdir(), f"rarepose-{os.getuid()}")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        state = folder.lstat()
        if folder.is_symlink() or state.st_uid != os.getuid() or state.st_mode & 0o022:
            raise PermissionError(folder)
    except OSError:
        return Path(tempfile.mkdtemp(prefix="rarepose-"))
    return folder
