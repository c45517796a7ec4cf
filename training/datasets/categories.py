"""A skeleton from the names and edges that an annotation file gives its keypoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from smpl_assets.errors import InputError
from smpl_assets.skeletons import PERSON_LIMBS, SKELETONS, Skeleton, missing_limbs
from training.datasets.edges import edge_pairs
from training.datasets.sides import Sided, find_sides, spelling

_SAME = {"top_head": "head_top", "bottom_head": "head_bottom", "mid_hip": "pelvis"}
_FACE = {"nose", "left_eye", "right_eye", "left_ear", "right_ear"}
_LONGEST = 40  # characters of a category in a skeleton's name
_DECLARE = "name the keypoints in `categories`, each left_* with its right_*, or declare the skeleton: docs/extending.md"


def skeleton_from_names(
    names: Sequence[Any], edges: Sequence[Any], category: Any, file: Path, flip: Sequence[int] = ()
) -> tuple[Skeleton, tuple[int, ...]]:
    """The skeleton of one category and where its keypoints stand in the file.

    Args:
        names: the category's keypoint names, in file order.
        edges: pairs of positions or names (COCO's `skeleton`); pairs that point nowhere are left out.
        category: the category's name, part of the name of a skeleton that is not known.
        file: for errors.
        flip: the permutation that swaps left and right, where the file has one that is more than the identity; names say it else.

    Returns:
        The known skeleton that has just these names, else one made of them; and, per keypoint of it, its position in the file.

    Raises:
        InputError: names are missing or repeated, or one side of a pair has no other.
    """
    sided = _sided([str(n) for n in names])
    spelt, found = sided.names, ", ".join(map(str, names)) or "none"
    if not spelt or len(set(spelt)) < len(spelt):
        raise InputError(f"{file}: category '{category}': keypoint names have to be there and differ; found: {found}", _DECLARE)
    for known in SKELETONS.values():
        if set(known.keypoints) == set(spelt):
            return known, tuple(spelt.index(n) for n in known.keypoints)
    pairs = tuple((spelt[a], spelt[b]) for a, b in enumerate(flip) if a < b) or sided.pairs
    if sided.alone and pairs and not flip:
        raise _one_sided(names[sided.alone[0]], f"{file}: category '{category}': keypoints {found}")
    skeleton = Skeleton(_own_name(category, len(spelt)), spelt, (), _head(spelt))
    if set(skeleton.sides) != set(pairs):
        skeleton = replace(skeleton, pairs=pairs)
    limbs = tuple((spelt[a], spelt[b]) for a, b in edge_pairs(edges, [str(n) for n in names], skeleton.flip))
    if not limbs and not missing_limbs(skeleton):
        limbs = PERSON_LIMBS
    return replace(skeleton, limbs=limbs), tuple(range(len(spelt)))


def _sided(names: list[str]) -> Sided:
    """Names with their sides; without a word or a number before each of them where that makes them a person's."""
    sided = _known(find_sides(names))
    words = [spelling(n).split("_") for n in names]
    first = {w[0] for w in words}
    if all(len(w) > 1 for w in words) and (len(first) == 1 or all(f.isdecimal() for f in first)):
        bare = _known(find_sides(["_".join(w[1:]) for w in words]))
        if not missing_limbs(Skeleton("", bare.names, ())):
            return bare
    return sided


def _known(sided: Sided) -> Sided:
    """The names as our skeletons call these places.

    A `head` beside a neck, without eyes or ears or a nose, is the top of the head, as in CrowdPose and AI Challenger.
    """
    names = tuple(_SAME.get(n, n) for n in sided.names)
    if {"neck", "head_bottom"} & set(names) and not {"head_top", *_FACE} & set(names):
        names = tuple("head_top" if n == "head" else n for n in names)
    return Sided(names, sided.pairs, sided.alone)


def _head(names: tuple[str, ...]) -> tuple[str, ...]:
    """The head segment's two keypoints, or ()."""
    return next(((low, "head_top") for low in ("head_bottom", "neck") if {low, "head_top"} <= set(names)), ())


def _own_name(category: Any, joints: int) -> str:
    """Named after the category, whatever that is, and never like a known skeleton."""
    text = spelling(category if isinstance(category, str) else "" if category is None else str(category))[:_LONGEST] or "own"
    name = f"{text}_{joints}" if text[-1].isdecimal() else f"{text}{joints}"
    return f"{name}_own" if name in SKELETONS else name


def _one_sided(name: Any, where: str) -> InputError:
    spelt = spelling(str(name))
    side, other = ("left", "right") if "left" in spelt.split("_") else ("right", "left")
    return InputError(f"{where}: '{name}' has no '{spelt.replace(side, other)}' to swap with in a flip", _DECLARE)
