"""Content digests of the user's files, re-hashed only where size or mtime moved."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

from pipeline.fingerprint import digest
from pipeline.sources import CodeCache
from smpl_assets.errors import InputError
from smpl_assets.walk import files_below

CHUNK = 1 << 20


def sha256_of(path: Path) -> str:
    """sha256 (hex) of a file's bytes."""
    total = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(CHUNK):
            total.update(block)
    return total.hexdigest()


class FileDigests:
    """Remembers what files hold in `store/.cache`; what cannot be remembered is only slower."""

    def __init__(self, store: Path) -> None:
        self._path = store / ".cache" / "digests"
        self.code, self._files = CodeCache(), CodeCache()
        with contextlib.suppress(OSError):
            seal, _, text = self._path.read_bytes().partition(b"\n")
            if seal == _seal(text):  # a damaged memory is none: what it says of a file would be believed
                saved = json.loads(text)
                self._files.entries, self.code.entries = saved["contents"], saved["sources"]

    def of(self, path: Path) -> str:
        """Digest of a file, or of a folder: every file's relative name and content (`smpl_assets.walk`)."""
        return digest_of(self.listed(path))

    def listed(self, path: Path) -> dict[str, str]:
        """sha256 of each file of a folder by its relative name; of a file by the empty name."""
        if _is(path.is_dir):
            return {p.as_posix(): self._file(path / p) for p in files_below(path)}
        if not _is(path.is_file):
            raise InputError(
                f"{path}: no such file or folder", "check data.root and the paths in the configuration, or pass --set"
            )
        return {"": self._file(path)}

    def _file(self, path: Path) -> str:
        try:
            return self._files.look(str(path.absolute()), path, lambda: sha256_of(path))
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror})", "check its permissions") from error

    def save(self) -> None:
        """Write the memory back; a store that cannot be written keeps none."""
        if not (self._files.changed or self.code.changed):
            return
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps({"contents": self._files.entries, "sources": self.code.entries})
            replace_text(self._path, f"{_seal(text.encode()).decode()}\n{text}")
            self._files.changed = self.code.changed = False


def digest_of(listed: dict[str, str]) -> str:
    """The digest of what `FileDigests.listed` found: a file's own, or that of all names and contents of a folder."""
    return listed[""] if set(listed) == {""} else digest(listed)


def _seal(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest().encode()


def _is(question: Callable[[], bool]) -> bool:
    """A question to the file system about a path; one that it cannot even be asked about (too long, a NUL in it) is not there."""
    try:
        return question()
    except (OSError, ValueError):
        return False


def replace_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def replace_link(link: Path, target: str | Path) -> None:
    """Point a symbolic link at something else, at once."""
    part = link.with_name(f".{link.name}-{os.getpid()}")
    part.unlink(missing_ok=True)
    part.symlink_to(target)
    part.replace(link)
