"""Joint groups of the per-joint tables (table 4.4)."""

from __future__ import annotations

from smpl_assets.skeletons import Skeleton

GROUPS = ("head", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
_HEAD = ("nose", "eye", "ear", "head_top", "head_bottom", "head", "neck")


def joint_groups(skeleton: Skeleton) -> dict[str, tuple[int, ...]]:
    """Group name -> keypoint indices, in the table's order; keypoints of no group (pelvis, thorax) are in none."""
    groups: dict[str, list[int]] = {}
    for index, name in enumerate(skeleton.keypoints):
        bare = name.removeprefix("left_").removeprefix("right_")
        group = "head" if bare in _HEAD else bare
        if group in GROUPS:
            groups.setdefault(group, []).append(index)
    return {name: tuple(groups[name]) for name in GROUPS if name in groups}
