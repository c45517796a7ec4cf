"""Image shards: one tar per shard, written with the same bytes each time, read at random."""

from __future__ import annotations

import json
import struct
import tarfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from smpl_assets.errors import StageError


class ArchiveWriter:
    """Appends named byte strings to a tar; no times, owners or modes of the machine get in."""

    def __init__(self, path: Path) -> None:
        self._file = open(path, "wb")  # noqa: SIM115 (closed by __exit__)

    def add(self, name: str, data: bytes) -> None:
        """Append one member."""
        self._file.write(_header(name, len(data)))
        self._file.write(data)
        self._file.write(bytes(-len(data) % tarfile.BLOCKSIZE))

    def __enter__(self) -> ArchiveWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._file:
            self._file.write(bytes(2 * tarfile.BLOCKSIZE))
            self._file.write(bytes(-self._file.tell() % tarfile.RECORDSIZE))


def _header(name: str, size: int) -> bytes:
    """A member's ustar header (POSIX.1-1988): a regular file, mode 644, owner and times zero.

    Written here because a TarFile remembers every member that it wrote, and takes ten times as long.
    """
    title = name.encode("ascii")
    if len(title) > 100:
        raise StageError(f"{name}: a name in an archive has at most 100 letters, this one {len(title)}")
    fields = (title, b"0000644", b"0000000", b"0000000", b"%011o" % size, b"0" * 11, b" " * 8, b"0", b"", b"ustar", b"00")
    block = bytearray(struct.pack("100s8s8s8s12s12s8s1s100s6s2s247x", *fields))
    block[148:156] = b"%06o\x00 " % sum(block)
    return bytes(block)


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
