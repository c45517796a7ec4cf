"""Whether a MATLAB file's elements lie in one another as they say, looked up before SciPy reads it.

SciPy's reader takes the type of an element as an index into a table without looking whether it is one: a single flipped bit ends the
process, and nothing says which file it was. (MAT-File Format, level 5: an element is a tag, type and length, and its data.)
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

_HEADER = 128
_MATRIX, _COMPRESSED = 14, 15
_TYPES = frozenset((*range(1, 8), 9, *range(12, 19)))
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
            _check(inside, 0, len(inside), order)
            after = end
        else:
            _check(data, start, end, order)
        start = after


def _check(data: memoryview, start: int, end: int, order: str) -> None:
    """Every element from `start` to `end`, and those inside it."""
    waiting = [(start, end)]
    while waiting:
        start, end = waiting.pop()
        while start < end:
            kind, first, last, start = _element(data, start, end, order)
            if kind == _MATRIX and last > first:
                waiting.append((first, last))


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
