"""Labels of a shard written as they come, so that memory does not grow with the shard."""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from smpl_assets.labels import SampleLabel


class LabelWriter:
    """Takes labels in any order and leaves `labels.json` sorted by sample id, one sample a line.

    Until it is closed the lines lie in a scratch file beside it; only their places are kept in memory. If an error ends the
    `with` block, neither file is left.
    """

    def __init__(self, path: Path, skeleton: str, body: str) -> None:
        self.path = path
        self._head = {"body": body, "skeleton": skeleton}
        self._spool_path = path.with_name(f".{path.name}.part")
        self._spool: BinaryIO = open(self._spool_path, "w+b")  # noqa: SIM115 (closed by __exit__)
        self._places: list[tuple[int, int, int]] = []

    def __len__(self) -> int:
        return len(self._places)

    def add(self, label: SampleLabel) -> None:
        """Append one label."""
        line = json.dumps(label.to_json(), sort_keys=True, allow_nan=False).encode()
        self._places.append((label.sample_id, self._spool.tell(), len(line)))
        self._spool.write(line)

    def __enter__(self) -> LabelWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._spool:
            if kind is None:
                self._write_sorted()
        self._spool_path.unlink()

    def _write_sorted(self) -> None:
        head = json.dumps(self._head, sort_keys=True)
        with open(self.path, "wb") as out:
            out.write(f'{head[:-1]}, "samples": ['.encode())
            for number, (_, start, length) in enumerate(sorted(self._places)):
                self._spool.seek(start)
                out.write((b",\n" if number else b"\n") + self._spool.read(length))
            out.write(b"\n]}\n")
