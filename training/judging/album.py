"""A set of images, and what results call them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import TypeVar

import numpy as np
from jaxtyping import Int, Int64

from training.datasets.identity import Identity, identity
from training.datasets.image_names import parts_of

Name = TypeVar("Name", str, int)


@dataclass(frozen=True, eq=False)
class Placed:
    """M results put to their images. row: (M,), -1 where it is none; way: what `image_id` was read as.

    other: (M,) rows if it were read as `other_way`.
    """

    row: Int64[np.ndarray, " results"]
    way: str
    other: Int64[np.ndarray, " results"]
    other_way: str


@dataclass(frozen=True, eq=False)
class Album:
    """N images. file_name: (N,) paths; size_wh: (N, 2) px, zeros where unknown; ids: rows by the ids that a file gives them."""

    file_name: Sequence[str]
    size_wh: Int[np.ndarray, "images 2"]
    ids: Mapping[Identity, int]

    def place(self, given: Sequence[Identity | None], names: Sequence[str]) -> Placed:
        """The images that the results of one file mean. given: (M,) ids, None without; names: (M,), '' without.

        A name goes before an id. The ids of a file are all of one kind, that which more of them have: ids of the images, else
        (ultralytics) their names without ending. A number is often both, then of two images.
        """
        named = np.array([self.row(name) for name in names], np.int64)
        asked = {number for number, row in zip(given, named, strict=True) if number is not None and row < 0}
        as_ids = {number: self.ids[number] for number in asked if number in self.ids}
        as_names = {number: row for number in asked if (row := self._row_of_name(number)) >= 0}
        ways = [(as_ids, "id"), (as_names, "file name")]
        (chosen, way), (left, other_way) = ways[::-1] if len(as_names) > len(as_ids) else ways
        return Placed(_filled(named, given, chosen), way, _filled(named, given, left), other_way)

    def row(self, name: str) -> int:
        """Row of the image of this path, file name or name without ending; -1 where it is none of these, or that of several."""
        return self._names.get(_slashed(name), -1)

    def size(self, name: str) -> tuple[int, int] | None:
        """Width and height (px) of the image of this name; None where image or size is not known."""
        row = self.row(name)
        width, height = self.size_wh[row].tolist() if row >= 0 else (0, 0)
        return (width, height) if width and height else None

    def _row_of_name(self, number: Identity) -> int:
        return self.row(number) if isinstance(number, str) else self._numbers.get(number, -1)

    @cached_property
    def _paths(self) -> list[tuple[int, PurePosixPath]]:
        """Rows and paths of the images that have a name."""
        paths = ((row, PurePosixPath(_slashed(name))) for row, name in enumerate(self.file_name))
        return [(row, path) for row, path in paths if path.name]

    @cached_property
    def _names(self) -> dict[str, int]:
        """Rows by path, file name and stem."""
        return _of_one(
            (text, row)
            for row, path in self._paths
            for text in (path.as_posix(), path.name, path.with_suffix("").as_posix(), path.stem)
        )

    @cached_property
    def _numbers(self) -> dict[int, int]:
        """Rows of the images whose name is a number."""
        stems = ((identity(path.stem), row) for row, path in self._paths)
        return _of_one((stem, row) for stem, row in stems if isinstance(stem, int))


def _filled(
    named: Int64[np.ndarray, " results"], given: Sequence[Identity | None], rows: Mapping[Identity, int]
) -> Int64[np.ndarray, " results"]:
    """The rows by name, those by id where there is none."""
    by_id = np.array([-1 if number is None else rows.get(number, -1) for number in given], np.int64)
    return np.where(named >= 0, named, by_id)


def _slashed(name: str) -> str:
    """A path of either system, as results and annotations are compared by."""
    return "/".join(parts_of(name.replace("\\", "/")))


def _of_one(called: Iterable[tuple[Name, int]]) -> dict[Name, int]:
    """Rows by what they are called; what several are called is left out."""
    found = defaultdict[Name, set[int]](set)
    for name, row in called:
        found[name].add(row)
    return {name: next(iter(rows)) for name, rows in found.items() if len(rows) == 1}
