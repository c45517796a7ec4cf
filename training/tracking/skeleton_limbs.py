"""The limbs of a skeleton as a tree: what part affinity fields, limb flow and grouping run over."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from smpl_assets.errors import InputError
from smpl_assets.skeletons import Skeleton

_ROOTS = ("head_bottom", "neck", "thorax", "nose")
# OpenPose's limbs that drawings of people do not have.
_NECK = ("left_hip", "right_hip", "nose")
_JOINS = {"head_bottom": _NECK, "neck": _NECK, "thorax": _NECK, "nose": ("left_shoulder", "right_shoulder")}


@dataclass(frozen=True)
class Limbs:
    """A tree over the joints of a skeleton.

    pairs: (upper, lower) joints as indices, from the root outwards: an upper joint is the root, or an earlier limb's lower one.
    """

    skeleton: Skeleton
    pairs: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.pairs)

    @property
    def names(self) -> tuple[str, ...]:
        """`upper-lower` of each limb."""
        joints = self.skeleton.keypoints
        return tuple(f"{joints[a]}-{joints[b]}" for a, b in self.pairs)

    @cached_property
    def flip(self) -> tuple[int, ...]:
        """Permutation that swaps left and right limbs."""
        swap = self.skeleton.flip
        return tuple(self.pairs.index((swap[a], swap[b])) for a, b in self.pairs)

    @cached_property
    def of_joint(self) -> tuple[tuple[int, ...], ...]:
        """For each joint the limbs that end in it."""
        return tuple(tuple(n for n, pair in enumerate(self.pairs) if joint in pair) for joint in range(len(self.skeleton)))


def limbs_of(skeleton: Skeleton) -> Limbs:
    """The tree of a skeleton's limbs, breadth first from the neck.

    Joints that no limb leads to (ears of PoseTrack17) are not in it. InputError where nothing is.
    """
    names = skeleton.keypoints
    root = next((n for n in _ROOTS if n in names), names[0])
    edges = [*((root, end) for end in _JOINS.get(root, ()) if end in names), *skeleton.limbs]
    reached, tree, queue = {root}, list[tuple[str, str]](), [root]
    while queue:
        upper = queue.pop(0)
        ends = dict.fromkeys(a if b == upper else b for a, b in edges if upper in (a, b))
        for lower in sorted((e for e in ends if e not in reached), key=names.index):
            reached.add(lower)
            tree.append((upper, lower))
            queue.append(lower)
    if not tree:
        raise InputError(
            f"skeleton {skeleton.name} has no limb that begins at {root}", "add limbs to the skeleton, or track another"
        )
    return Limbs(skeleton, tuple((names.index(a), names.index(b)) for a, b in tree))
