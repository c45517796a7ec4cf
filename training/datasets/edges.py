"""The edges of a skeleton as files give them: counted from 1 (COCO) or from 0, or by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Edge = tuple[int, int]


def edge_pairs(edges: Sequence[Any], written: Sequence[str], flip: Sequence[int]) -> tuple[Edge, ...]:
    """The edges as positions from 0, each once; what is no pair of two keypoints is left out.

    COCO counts from 1. A file counts from 0 if a 0 is among its edges, or if, nothing else telling, counting from 0 gives more of
    the edges their mirror image.

    Args:
        edges: pairs of positions or names, and whatever else stands in the list.
        written: the keypoints' names as the file has them, in its order.
        flip: the permutation of these that swaps left and right.
    """
    two = [(e[0], e[1]) for e in edges if isinstance(e, (list, tuple)) and len(e) == 2]
    named = [(written.index(a), written.index(b)) for a, b in two if a in written and b in written]
    counted = [(a, b) for a, b in ((_count(a), _count(b)) for a, b in two) if a is not None and b is not None]
    first = _first(counted, flip)
    found = named or [(a - first, b - first) for a, b in counted]
    return tuple(dict.fromkeys((a, b) for a, b in found if a != b and _inside(a, b, len(written))))


def _count(value: Any) -> int | None:
    """A whole number, as JSON may hold it; None for anything else."""
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    whole = isinstance(value, (int, float)) and not isinstance(value, bool) and float(value).is_integer()
    return int(value) if whole else None


def _first(edges: Sequence[Edge], flip: Sequence[int]) -> int:
    """What the file calls its first keypoint: 0 or 1."""
    ends = {end for edge in edges for end in edge}
    if 0 in ends or len(flip) in ends:
        return 0 if 0 in ends else 1
    return 0 if _symmetric(edges, flip, 0) > _symmetric(edges, flip, 1) else 1


def _symmetric(edges: Sequence[Edge], flip: Sequence[int], first: int) -> int:
    """How many edges are there beside another one that is their mirror image, counted from `first`."""
    inside = {frozenset((a - first, b - first)) for a, b in edges if _inside(a - first, b - first, len(flip))}
    mirrored = {edge: frozenset(flip[end] for end in edge) for edge in inside}
    return sum(other in inside and other != edge for edge, other in mirrored.items())


def _inside(a: int, b: int, joints: int) -> bool:
    return 0 <= a < joints and 0 <= b < joints
