"""Whether a MATLAB file's elements lie in one another as they say, looked up before SciPy reads it.

SciPy's reader takes the type of an element as an index into a table without looking whether it is one, and reads on where an
array's parts should be: a single flipped bit ends the process, and nothing says which file it was. (MAT-File Format, level 5: an
element is a tag, type and length, and its data; an array is an element that holds its flags, dimensions, name and parts as
elements.)
"""

from __future__ import annotations

import math
import struct
import zlib
from pathlib import Path

_HEADER = 128
_INT8, _INT32, _UINT32, _MATRIX, _COMPRESSED = 1, 5, 6, 14, 15
_NUMBERS = frozenset((*range(1, 8), 9, 12, 13))
_LETTERS = frozenset((1, 2, 3, 4, 16, 17, 18))
_TYPES = _NUMBERS | _LETTERS | {_MATRIX, _COMPRESSED}
_CELL, _STRUCT, _OBJECT, _CHAR, _SPARSE, _FUNCTION, _OPAQUE = 1, 2, 3, 4, 5, 16, 17
_COMPLEX = 0x800
_MOST_DIMENSIONS = 32
_MAXIMUM_BYTES = 4 << 30  # unpacked


def check_tags(path: Path) -> None:
    """ValueError where an element is of no known type or reaches beyond the one that holds it, or packed data are damaged.

    Files of levels 4 and 7.3 are left to SciPy.
    """
    data = memoryview(path.read_bytes())
    if len(data) < _HEADER or bytes(data[126:128]) not in (b"IM", b"MI") or 0 in bytes(data[:4]):
        return
    order = "<" if bytes(data[126:128]) == b"IM" else ">"
    if data[125 if order == "<" else 124] != 1:
        return
    start = _HEADER
    while start < len(data):
        kind, first, end, after = _element(data, start, len(data), order)
        if kind == _COMPRESSED:
            inside = _unpacked(data[first:end])
            kind, first, last, _ = _element(inside, 0, len(inside), order)
            start = end
        else:
            inside, last, start = data, end, after
        if kind != _MATRIX:
            raise ValueError(f"an element of type {kind} instead of an array")
        _check(inside, first, last, order)


def _check(data: memoryview, start: int, end: int, order: str) -> None:
    """The array from `start` to `end`, and those inside it."""
    waiting = [(start, end)]
    while waiting:
        start, end = waiting.pop()
        parts, place = [], start
        while place < end:
            kind, first, last, place = _element(data, place, end, order)
            parts.append((kind, first, last))
        if parts:
            waiting += _inside(data, parts, order)


def _inside(data: memoryview, parts: list[tuple[int, int, int]], order: str) -> list[tuple[int, int]]:
    """Where the arrays lie that an array of these parts holds; ValueError if its parts are not those of its class."""
    kind, first, last = parts[0]
    if kind != _UINT32 or last - first != 8:
        raise ValueError(f"an array without flags at byte {first}")
    flags = struct.unpack_from(f"{order}I", data, first)[0]
    its_class = flags & 0xFF
    if its_class == _OPAQUE:  # has no dimensions; SciPy hands its parts over as they are
        return [(f, e) for k, f, e in parts[1:] if k == _MATRIX]
    if len(parts) < 3 or parts[1][0] not in (_INT32, _UINT32) or parts[2][0] not in _LETTERS:
        raise ValueError(f"an array without dimensions or name at byte {first}")
    count = (parts[1][2] - parts[1][1]) // 4
    if not 0 < count <= _MOST_DIMENSIONS:
        raise ValueError(f"an array of {count} dimensions at byte {first}")
    items, rest = math.prod(struct.unpack_from(f"{order}{count}i", data, parts[1][1])), parts[3:]
    if its_class == _OBJECT:
        rest = rest[1:]
    if its_class in (_STRUCT, _OBJECT):
        items, rest = items * _fields(data, rest, order), rest[2:]
    holds = [(f, e) for k, f, e in rest if k == _MATRIX]
    if its_class in (_CELL, _STRUCT, _OBJECT, _FUNCTION):
        fits = len(holds) == len(rest) and (its_class == _FUNCTION or len(rest) == items)
    else:
        wanted = (3 if its_class == _SPARSE else 1) + bool(flags & _COMPLEX)
        known = _LETTERS if its_class == _CHAR else _NUMBERS
        fits = len(rest) == wanted and all(k in known for k, _, _ in rest)
    if not fits:
        raise ValueError(f"an array of class {its_class} with {len(rest)} parts at byte {first}")
    return holds


def _fields(data: memoryview, rest: list[tuple[int, int, int]], order: str) -> int:
    """How many fields a struct names: the length of a name, and all names one after the other."""
    if len(rest) < 2 or rest[0][0] != _INT32 or rest[0][2] - rest[0][1] != 4 or rest[1][0] != _INT8:
        raise ValueError("a struct without names of its fields")
    length = struct.unpack_from(f"{order}i", data, rest[0][1])[0]
    if length <= 0:
        raise ValueError(f"a struct whose names have {length} letters")
    return (rest[1][2] - rest[1][1]) // length


def _element(data: memoryview, start: int, end: int, order: str) -> tuple[int, int, int, int]:
    """Type of the element at `start`, where its data begin and end, and where the next one begins."""
    if end - start < 8:
        raise ValueError(f"an element of {end - start} bytes at byte {start}")
    kind, size = struct.unpack_from(f"{order}II", data, start)
    first = start + 8
    if kind >> 16:  # a short one: length and type share four bytes, the data follow in the next four
        kind, size, first = kind & 0xFFFF, kind >> 16, start + 4
        after = start + 8
    else:
        after = first + size + (-size % 8)
    if kind not in _TYPES:
        raise ValueError(f"an element of the unknown type {kind} at byte {start}")
    if first + size > end or (first == start + 4 and size > 4):
        raise ValueError(f"an element at byte {start} says that it has {size} bytes")
    return kind, first, first + size, after


def _unpacked(data: memoryview) -> memoryview:
    """The data of a packed element, whose checksum has to be right."""
    unpack = zlib.decompressobj()
    found = unpack.decompress(data, _MAXIMUM_BYTES)
    if not unpack.eof:
        raise ValueError(f"a packed element that ends early, or has more than {_MAXIMUM_BYTES} bytes")
    return memoryview(found)
