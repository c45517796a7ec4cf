"""A set of images, and what results call them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Int

from training.datasets.identity import Identity, identity
from training.datasets.image_names import parts_of


@dataclass(frozen=True, eq=False)
class Album:
    """N images. file_name: (N,) paths; size_wh: (N, 2) px, zeros where unknown; ids: rows by the ids that a file gives them."""

    file_name: Sequence[str]
    size_wh: Int[np.ndarray, "images 2"]
    ids: Mapping[Identity, int]

    def row(self, given: Identity | None, name: str) -> int:
        """Row of the image that a result means; -1 where it is none of these.

        A name goes before an id; an id may be that of a file, else (ultralytics) the image's name without its ending.
        """
        row = self._names.get("/".join(parts_of(name.replace("\\", "/"))), -1) if name else -1
        if row >= 0 or given is None:
            return row
        stem = self._names.get(given, -1) if isinstance(given, str) else self._numbers.get(given, -1)
        return self.ids.get(given, stem)

    def size(self, name: str) -> tuple[int, int] | None:
        """Width and height (px) of the image of this name; None where image or size is not known."""
        row = self.row(None, name)
        width, height = self.size_wh[row].tolist() if row >= 0 else (0, 0)
        return (width, height) if width and height else None

    @cached_property
    def _names(self) -> dict[str, int]:
        """Rows by path, file name and stem; names of several images are left out."""
        found = defaultdict[str, set[int]](set)
        for row, name in enumerate(self.file_name):
            path = PurePosixPath(name)
            for text in {name, path.name, path.with_suffix("").as_posix(), path.stem}:
                found[text].add(row)
        return {text: next(iter(rows)) for text, rows in found.items() if len(rows) == 1}

    @cached_property
    def _numbers(self) -> dict[int, int]:
        """Rows of the images whose name is a number."""
        stems = ((identity(PurePosixPath(name).stem), row) for row, name in enumerate(self.file_name))
        return {stem: row for stem, row in stems if isinstance(stem, int)}
