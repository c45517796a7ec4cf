"""Spoils named NumPy arrays: other shapes, types, lengths, numbers, names."""

from __future__ import annotations

from random import Random

import numpy as np

_NUMBERS = (0.0, -1.0, 1e9, 1e300, -1e300, np.nan, np.inf, -np.inf, 0.5, 3.0)
_TYPES = ("f2", "f4", "f8", ">f8", "i1", "u1", "i8", "u8", "?", "c16", "U6", "S6", "M8[s]")


def spoil_array(random: Random, arrays: dict[str, np.ndarray]) -> str:
    """Change one array in place in the dictionary; what was done."""
    name = random.choice(list(arrays)) if arrays else "none"
    array = arrays.get(name, np.zeros(3))
    kind = random.choice(
        ("number", "number", "number", "type", "shape", "length", "drop", "empty", "rename", "order", "all", "swap")
    )
    if kind == "drop":
        arrays.pop(name, None)
    elif kind == "rename":
        arrays[random.choice((name.upper(), name + "_", "data", "a/b", ""))] = arrays.pop(name, array)
    elif kind == "swap":
        other = random.choice(list(arrays) or [name])
        arrays[name], arrays[other] = arrays.get(other, array), array
    else:
        arrays[name] = _other(random, kind, array)
    return f"{kind} of {name} {array.shape}"


def _other(random: Random, kind: str, array: np.ndarray) -> np.ndarray:
    if kind in ("number", "all") and array.size and array.dtype.kind in "fiu":
        with np.errstate(all="ignore"):
            changed = array.astype(float)
            changed.flat[random.randrange(array.size) if kind == "number" else slice(None)] = random.choice(_NUMBERS)
        return changed
    if kind == "type":
        try:
            with np.errstate(all="ignore"):
                return array.astype(random.choice(_TYPES))
        except (ValueError, TypeError, OverflowError):
            return array.astype("S6") if array.dtype.kind != "V" else array
    if kind == "shape":
        return random.choice((array[None], array.reshape(-1), array.T, np.squeeze(array), array.reshape(array.shape[::-1])))
    if kind == "length" and array.ndim:
        return random.choice((array[:-1], array[1:], np.concatenate([array, array[:1]]), array[:1], array[:0], array[::-1]))
    if kind == "empty":
        return random.choice(
            (np.zeros(0), np.zeros((0, *array.shape[1:])), np.array(0.0), np.zeros((len(array) if array.ndim else 1, 0)))
        )
    return np.asfortranarray(array)
