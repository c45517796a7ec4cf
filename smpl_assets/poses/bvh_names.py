"""Which joint of a motion file is which of SMPL's, whatever program named it.

Known are CMU's two releases, Mixamo, MotionBuilder, 3ds Max's Biped, Unreal's mannequin, Xsens, Poser and DAZ, Blender's `.L` and
`.R`, SMPL's own names; with any prefix that all joints share (`mixamorig:`, `Bip01 `, `Character1_`).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_SIDES = {"left": "left", "l": "left", "lft": "left", "right": "right", "r": "right", "rgt": "right"}
_MIDDLE = {"pelvis": ("hips", "pelvis", "hip", "root"), "neck": ("neck", "neck1", "neck01"), "head": ("head",)}
# Names of a limb's joints, the surest first: `shoulder` is the collar bone beside an `arm`, `foot` the toes beside an `ankle`.
_LIMBS = {
    "hip": ("hip", "upleg", "thigh", "upperleg"),
    "knee": ("knee", "shin", "calf", "lowerleg", "lowleg", "leg"),
    "ankle": ("ankle", "foot"),
    "foot": ("toe", "toebase", "toe0", "toes", "ball", "foot"),
    "shoulder": ("upperarm", "uparm", "arm", "shldr", "shoulder"),
    "elbow": ("elbow", "forearm", "lowerarm", "lowarm"),
    "wrist": ("wrist", "hand"),
}


def recognise(names: Sequence[str], parents: Sequence[int]) -> dict[str, int]:
    """SMPL joint -> number of the joint that stands for it; what is not recognised is left out.

    A pelvis of another name is the joint that carries both legs.
    """
    parts: dict[tuple[str, str], int] = {}
    for number, name in enumerate(without_prefix(names)):
        parts.setdefault(_part(name), number)
    found: dict[str, int] = {}
    for joint, known in _MIDDLE.items():
        _put(found, joint, [parts[("", n)] for n in known if ("", n) in parts])
    for side in ("left", "right"):
        for joint, known in _LIMBS.items():
            _put(found, f"{side}_{joint}", [parts[side, n] for n in known if (side, n) in parts])
    if "pelvis" not in found and {"left_hip", "right_hip"} <= found.keys():
        right = _above(found["right_hip"], parents)
        _put(found, "pelvis", [joint for joint in _above(found["left_hip"], parents) if joint in right])
    return found | _spine(found, parents)


def without_prefix(names: Sequence[str]) -> list[str]:
    """The names without what all of them begin with, and without a namespace before a colon."""
    bare = [name.rpartition(":")[2].strip() for name in names]
    letters = itertools.takewhile(lambda column: len(set(column)) == 1, zip(*bare, strict=False))
    shared = len(list(letters)) if len(bare) > 1 else 0
    return [name[shared:] for name in bare]


def _put(found: dict[str, int], joint: str, candidates: list[int]) -> None:
    """The first candidate that stands for no other joint yet."""
    free = [number for number in candidates if number not in found.values()]
    if free:
        found[joint] = free[0]


def _part(name: str) -> tuple[str, str]:
    """(`left`, `right` or '', the rest in lower case): `Bip01 L UpperArm` without its prefix is (`left`, `upperarm`)."""
    words = [w.lower() for w in _WORDS.findall(name)]
    if words and words[0] not in _SIDES:
        for side in ("left", "right"):
            if words[0].startswith(side):
                words[:1] = [side, words[0].removeprefix(side)]
    at = next((i for i, w in enumerate(words) if w in _SIDES), None)
    return (_SIDES[words[at]], "".join(words[:at] + words[at + 1 :])) if at is not None else ("", "".join(words))


def _spine(found: dict[str, int], parents: Sequence[int]) -> dict[str, int]:
    """SMPL's three spine joints among those from the pelvis to where the arms branch off: lowest, middle and topmost."""
    if not {"pelvis", "left_shoulder", "right_shoulder"} <= found.keys():
        return {}
    right = _above(found["right_shoulder"], parents)
    below = {found["pelvis"], *_above(found["pelvis"], parents)} | {found[n] for n in ("neck", "head") if n in found}
    chain = [joint for joint in _above(found["left_shoulder"], parents) if joint in right and joint not in below][::-1]
    if len(chain) < 3:
        return dict(zip(("spine3", "spine2"), chain[::-1], strict=False))
    return {"spine1": chain[0], "spine2": chain[len(chain) // 2], "spine3": chain[-1]}


def _above(joint: int, parents: Sequence[int]) -> list[int]:
    """The joints that carry a joint, from its parent to the root."""
    chain = []
    while (joint := parents[joint]) >= 0:
        chain.append(joint)
    return chain
