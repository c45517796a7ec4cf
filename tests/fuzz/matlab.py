"""Nested lists and dicts as MATLAB's structs and cells, whatever they hold."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

_EMPTY = np.empty((0, 0))


def struct(value: Any) -> Any:
    """A dict is a struct, a list of dicts a struct array, a list of numbers an array, any other list a cell array."""
    if isinstance(value, dict):
        return _struct_array([value]) if value else _EMPTY
    if isinstance(value, list):
        if value and all(isinstance(v, dict) and v for v in value):
            return _struct_array(value)
        if value and all(isinstance(v, int | float) for v in value):
            return np.array([[_number(v) for v in value]])
        cells = np.empty((1, len(value)), object)
        for position, inner in enumerate(value):
            cells[0, position] = struct(inner)
        return cells if value else _EMPTY
    if isinstance(value, str):
        return value.encode("ascii", "replace").decode()[:2000]
    return _EMPTY if value is None else _number(value)


def _number(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _field(name: str) -> str:
    """As MATLAB names fields: ASCII letters, digits and _, a letter first."""
    first = name[:1]
    return re.sub(r"[^A-Za-z0-9_]", "_", name if first.isascii() and first.isalpha() else f"f_{name}")[:60]


def _struct_array(rows: list[dict[Any, Any]]) -> np.ndarray:
    fields = {str(name): _field(str(name)) for row in rows for name in row}
    array = np.empty((1, len(rows)), dtype=[(n, object) for n in dict.fromkeys(fields.values())])
    for position, row in enumerate(rows):
        for name in array.dtype.names or ():
            array[0, position][name] = _EMPTY
        for name, value in row.items():
            array[0, position][fields[str(name)]] = struct(value)
    return array
