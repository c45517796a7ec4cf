"""Records of equally long columns, one row a thing, and how they are kept: one `.npz` without pickles."""

from __future__ import annotations

import dataclasses
import json
import struct
import tokenize
import typing
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np
from jaxtyping import Bool, Int

from smpl_assets.errors import StageError

Record = TypeVar("Record", bound="Columns")
_META = "meta"
_BROKEN = (  # a damaged archive fails in any of these
    *(OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, SyntaxError, NotImplementedError, RuntimeError),
    *(MemoryError, zipfile.BadZipFile, zlib.error, struct.error, tokenize.TokenError),
)


def whole(**options: Any) -> Any:
    """A tuple or an array that belongs to the whole record, not one entry to a row."""
    return dataclasses.field(metadata={"whole": True}, **options)


class Columns:
    """Base of dataclasses whose fields are the columns of N rows: `@dataclass(frozen=True, eq=False)`.

    A field typed as an array (N, ...) or as a tuple of N entries is a column, unless it is made by `whole`; any other field says
    something of the whole record: another record of columns, a plain value of JSON, or a class with `to_json` and `from_json`.
    In the file every array stands under its field's name (those of a record within under `field.name`), the rest in `meta`.

    SCHEMA: raised where what a file holds changes its meaning.
    """

    SCHEMA: ClassVar[int] = 1

    def __len__(self) -> int:
        return len(getattr(self, _kinds(type(self)).columns[0]))

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(_same(getattr(self, name), getattr(other, name)) for name in _kinds(type(self)).hints)

    def select(self: Record, rows: Bool[np.ndarray, " rows"] | Int[np.ndarray, " chosen"]) -> Record:
        """The given rows (index or mask), in that order; what belongs to the whole record is kept as it is."""
        index = np.flatnonzero(rows) if rows.dtype == bool else rows
        return self._with({name: _taken(getattr(self, name), index) for name in _kinds(type(self)).columns})

    @classmethod
    def concatenate(cls: type[Record], parts: Sequence[Record]) -> Record:
        """All rows of the parts, one after the other; StageError where there is no part, or they differ as wholes."""
        kinds = _kinds(cls)
        if not parts:
            raise StageError(f"no {cls.__name__} to join", "give one at least")
        for name in kinds.wholes:
            values = [getattr(p, name) for p in parts]
            if not all(_same(values[0], v) for v in values[1:]):
                raise StageError(f"{cls.__name__} of different {name} cannot be joined: {values}", f"give those of one {name}")
        filled = [p for p in parts if len(p)] or parts[:1]
        return parts[0]._with({name: _joined([getattr(p, name) for p in filled]) for name in kinds.columns})

    @classmethod
    def column_names(cls) -> tuple[str, ...]:
        """The fields that have a value for every row."""
        return _kinds(cls).columns

    def _with(self: Record, values: Mapping[str, Any]) -> Record:
        return type(self)(**{name: getattr(self, name) for name in _kinds(type(self)).hints} | dict(values))

    def save(self, path: Path) -> None:
        """Write the file; the same record gives the same bytes."""
        arrays, meta = self._packed()
        text = json.dumps(meta, sort_keys=True, separators=(",", ":"))
        arrays[_META] = np.frombuffer(text.encode(), np.uint8)
        np.savez(path, allow_pickle=False, **arrays)

    @classmethod
    def load(cls: type[Record], path: Path) -> Record:
        """Read what `save` wrote; StageError naming the file where it is missing, broken or of another schema."""
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            return cls._unpacked(arrays, json.loads(arrays.pop(_META).tobytes()))
        except _BROKEN as error:
            raise StageError(f"{path}: not a readable {cls.__name__} file ({error})", "rarepose verify") from error

    def _packed(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays by name, and everything else as JSON."""
        kinds, arrays, meta = _kinds(type(self)), dict[str, np.ndarray](), dict[str, Any]()
        for name in kinds.hints:
            value = getattr(self, name)
            if isinstance(value, Columns):
                inner, meta[name] = value._packed()
                arrays |= {f"{name}.{n}": a for n, a in inner.items()}
            elif name in kinds.arrays:
                arrays[name] = value
            else:
                meta[name] = value.to_json() if hasattr(value, "to_json") else value
        return arrays, {"schema": [type(self).__name__, self.SCHEMA], **meta}

    @classmethod
    def _unpacked(cls: type[Record], arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Record:
        """Inverse of `_packed`; ValueError where it is another schema, or a column of another length."""
        if meta["schema"] != [cls.__name__, cls.SCHEMA]:
            raise ValueError(f"it holds {meta['schema']}, {[cls.__name__, cls.SCHEMA]} is expected")
        kinds, values = _kinds(cls), dict[str, Any]()
        for name, hint in kinds.hints.items():
            if isinstance(hint, type) and issubclass(hint, Columns):
                inside = {n.removeprefix(f"{name}."): a for n, a in arrays.items() if n.startswith(f"{name}.")}
                values[name] = hint._unpacked(inside, meta[name])
            else:
                values[name] = arrays[name] if name in kinds.arrays else _from_json(hint, meta[name])
        lengths = {name: len(values[name]) for name in kinds.columns}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns of different lengths: {lengths}")
        return cls(**values)


@dataclasses.dataclass(frozen=True)
class _Kinds:
    """What the fields of a record are: all with their types, the arrays, the columns, what belongs to the whole."""

    hints: dict[str, Any]
    arrays: frozenset[str]
    columns: tuple[str, ...]
    wholes: tuple[str, ...]


def _kinds_of(record: Any) -> _Kinds:
    hints, fields = typing.get_type_hints(record), dataclasses.fields(record)
    arrays = frozenset(f.name for f in fields if hasattr(hints[f.name], "array_type"))
    columns = [f.name for f in fields if not f.metadata.get("whole") and (f.name in arrays or _is_tuple(hints[f.name]))]
    names = {f.name: hints[f.name] for f in fields}
    return _Kinds(names, arrays, tuple(columns), tuple(n for n in names if n not in columns))


_kinds: Callable[[Any], _Kinds] = cache(_kinds_of)


def _is_tuple(hint: Any) -> bool:
    return typing.get_origin(hint) is tuple


def _from_json(hint: Any, value: Any) -> Any:
    if hasattr(hint, "from_json"):
        return hint.from_json(value)
    return tuple(value) if _is_tuple(hint) else value


def _taken(column: Any, index: np.ndarray) -> Any:
    return column[index] if isinstance(column, np.ndarray) else tuple(column[i] for i in index)


def _joined(columns: Sequence[Any]) -> Any:
    return np.concatenate(columns) if isinstance(columns[0], np.ndarray) else tuple(e for c in columns for e in c)


def _same(one: Any, other: Any) -> bool:
    """Equal values; NaN equals NaN, and arrays have to be of one type."""
    if one is other or not isinstance(one, np.ndarray):
        return one is other or bool(one == other)
    return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
