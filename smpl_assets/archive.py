"""Image shards: one tar per shard, written with the same bytes each time, read at random."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from smpl_assets.errors import StageError


class ArchiveWriter:
    """Appends named byte strings to a tar; no times, owners or modes of the machine get in."""

    def __init__(self, path: Path) -> None:
        self._tar = tarfile.TarFile(path, "w", format=tarfile.USTAR_FORMAT)

    def add(self, name: str, data: bytes) -> None:
        """Append one member."""
        member = tarfile.TarInfo(name)
        member.size = len(data)
        member.mode = 0o644
        self._tar.addfile(member, io.BytesIO(data))
        self._tar.getmembers().clear()  # tarfile remembers every member; nobody asks for them while writing

    def __enter__(self) -> ArchiveWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._tar.close()


class ArchiveReader:
    """Random access to the members of a tar by name; safe to pickle (reopened where it arrives)."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        try:
            with tarfile.open(self.path, "r:") as tar:
                self._where = {m.name: (m.offset_data, m.size) for m in tar if m.isfile()}
        except (OSError, tarfile.TarError) as error:
            raise StageError(f"{self.path}: not a readable tar archive ({error})", "rarepose verify --deep") from error

    def names(self) -> list[str]:
        """Member names in the order they were written."""
        return list(self._where)

    def __contains__(self, name: str) -> bool:
        return name in self._where

    def __iter__(self) -> Iterator[str]:
        return iter(self._where)

    def read(self, name: str) -> bytes:
        """The bytes of one member; KeyError if there is none of that name."""
        offset, size = self._where[name]
        with open(self.path, "rb") as file:
            file.seek(offset)
            return file.read(size)


def write_json(path: Path, value: object) -> None:
    """Canonical JSON (sorted keys, no NaN): the same value gives the same bytes."""
    path.write_text(json.dumps(value, sort_keys=True, indent=1, allow_nan=False) + "\n", encoding="utf-8")
