"""What a finished unit says about itself: written whole and sealed, so that a damaged one is never believed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from pipeline.fingerprint import digest

MANIFEST = "manifest.json"
_SEAL = "seal"


class FileRecord(TypedDict):
    """A file as its stage wrote it. sha256: hex."""

    size: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a finished unit says about itself.

    key_parts: what its key is the hash of. facts: small numbers that later stages plan with. seconds, memory (MiB, see
    `PeakMemory.mib`), host and environment are records only; no key depends on them.
    """

    stage: str
    unit: str
    key: str
    key_parts: dict[str, Any]
    files: dict[str, FileRecord]
    facts: dict[str, Any] = field(default_factory=dict)
    created: float = 0.0
    seconds: float = 0.0
    memory: dict[str, int] = field(default_factory=dict)
    host: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    evicted: bool = False

    def output_digest(self, files: tuple[str, ...] | None = None) -> str:
        """Digest of the content of all files, or of the named ones (a name ending in / means the files below it)."""

        def read(name: str) -> bool:
            return files is None or any(name == x or (x[-1] == "/" and name.startswith(x)) for x in files)

        return digest({n: f["sha256"] for n, f in self.files.items() if read(n)})


_VALID = TypeAdapter(Manifest)


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a unit's directory; None if there is none, it cannot be read, was changed or is another unit's.

    Older ones have no seal: of these only the types are checked.
    """
    try:
        values = json.loads((folder / MANIFEST).read_bytes())
        seal = values.pop(_SEAL, None)
        manifest = _VALID.validate_python(values)
    except (OSError, ValueError, TypeError, AttributeError, RecursionError, ValidationError):
        return None
    same = (manifest.stage, manifest.key) == (folder.parent.name, folder.name)
    return manifest if same and seal in (None, _seal(values)) else None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `manifest.json` whole or not at all."""
    part = folder / f"{MANIFEST}.part"
    values = json.loads(json.dumps(vars(manifest)))
    with open(part, "w", encoding="utf-8") as file:
        json.dump({**values, _SEAL: _seal(values)}, file, sort_keys=True, indent=1)
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / MANIFEST)
    sync_folder(folder)


def _seal(values: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def sync_folder(folder: Path) -> None:
    """Wait until the names in a directory are on the disk, where the system can tell."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
