"""Content digests of the user's files, re-hashed only where size or mtime moved."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path

from pipeline.fingerprint import digest
from pipeline.sources import CodeCache
from smpl_assets.errors import InputError

CHUNK = 1 << 20


def sha256_of(path: Path) -> str:
    """sha256 (hex) of a file's bytes."""
    total = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(CHUNK):
            total.update(block)
    return total.hexdigest()


class FileDigests:
    """Remembers [size, mtime_ns, sha256] per path in `store/.cache`; what cannot be remembered is only slower."""

    def __init__(self, store: Path) -> None:
        self._path = store / ".cache" / "digests.json"
        self._known: dict[str, list] = {}
        self._changed = False
        self.code = CodeCache()
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
            saved = json.loads(self._path.read_text(encoding="utf-8"))
            self._known = dict(saved["files"])
            self.code.entries = dict(saved["sources"])

    def of(self, path: Path) -> str:
        """Digest of a file, or of a folder: every file's relative name and content (hidden files left out)."""
        if path.is_dir():
            return digest({p.relative_to(path).as_posix(): self._file(p) for p in _files_below(path)})
        if not path.is_file():
            raise InputError(
                f"{path}: no such file or folder", "check data.root and the paths in the configuration, or pass --set"
            )
        return self._file(path)

    def _file(self, path: Path) -> str:
        stat = path.stat()
        name = str(path.absolute())
        known = self._known.get(name)
        if known is None or known[:2] != [stat.st_size, stat.st_mtime_ns]:
            try:
                known = [stat.st_size, stat.st_mtime_ns, sha256_of(path)]
            except OSError as error:
                raise InputError(f"{path}: cannot be read ({error.strerror})", "check its permissions") from error
            self._known[name] = known
            self._changed = True
        return known[2]

    def save(self) -> None:
        """Write the memory back; a store that cannot be written keeps none."""
        if not (self._changed or self.code.changed):
            return
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part = self._path.with_name(f"digests-{os.getpid()}.part")
            part.write_text(json.dumps({"files": self._known, "sources": self.code.entries}), encoding="utf-8")
            part.replace(self._path)
            self._changed = self.code.changed = False


def _files_below(root: Path) -> list[Path]:
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        found += [Path(folder, n) for n in sorted(names) if not n.startswith(".")]
    return found
