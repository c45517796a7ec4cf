"""A skeleton from the names that an annotation file gives its keypoints."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from smpl_assets.errors import InputError
from smpl_assets.skeletons import SKELETONS, Skeleton

_SPELLINGS = {"top_head": "head_top", "bottom_head": "head_bottom"}
_DECLARE = "name the keypoints in `categories`, each left_* with its right_*, or declare the skeleton: docs/extending.md"


def skeleton_from_names(names: list[Any], edges: list[Any], category: str, file: Path) -> tuple[Skeleton, tuple[int, ...]]:
    """The skeleton of one category and where its keypoints stand in the file.

    Args:
        names: the category's keypoint names, in file order.
        edges: pairs of 1-based positions (COCO's `skeleton`); pairs that point nowhere are left out.
        category: the category's name, part of the name of a skeleton that is not known.
        file: for errors.

    Returns:
        The known skeleton that has just these names, else one made of them; and, per keypoint of it, its position in the file.

    Raises:
        InputError: names are missing or repeated, or one side of a pair has no other.
    """
    spelt = tuple(_spelling(str(n)) for n in names)
    found = ", ".join(map(str, names)) or "none"
    if not spelt or len(set(spelt)) < len(spelt):
        raise InputError(f"{file}: category '{category}': keypoint names have to be there and differ; found: {found}", _DECLARE)
    for known in SKELETONS.values():
        if set(known.keypoints) == set(spelt):
            return known, tuple(spelt.index(n) for n in known.keypoints)
    _check_pairs(spelt, f"{file}: category '{category}': keypoints {found}")
    limbs = tuple((spelt[a], spelt[b]) for a, b in _valid_edges(edges, len(spelt)))
    head = next(((low, "head_top") for low in ("head_bottom", "neck") if {low, "head_top"} <= set(spelt)), ())
    return Skeleton(f"{_spelling(category)}{len(spelt)}", spelt, limbs, head), tuple(range(len(spelt)))


def _spelling(name: str) -> str:
    """`LeftShoulder`, `left-shoulder`, `l_shoulder` -> `left_shoulder`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    words = re.sub(r"[\s\-.]+", "_", words).lower()
    words = re.sub(r"^l_", "left_", re.sub(r"^r_", "right_", words))
    return _SPELLINGS.get(words, words)


def _check_pairs(names: tuple[str, ...], where: str) -> None:
    for name in names:
        for side, other in (("left_", "right_"), ("right_", "left_")):
            if name.startswith(side) and other + name[len(side) :] not in names:
                raise InputError(f"{where}: '{name}' has no '{other}{name[len(side) :]}' to swap with in a flip", _DECLARE)


def _valid_edges(edges: list[Any], joints: int) -> list[tuple[int, int]]:
    pairs = [e for e in edges if isinstance(e, (list, tuple)) and len(e) == 2 and all(isinstance(i, int) for i in e)]
    return [(a - 1, b - 1) for a, b in pairs if 1 <= a <= joints and 1 <= b <= joints and a != b]
