"""Made-up people for the tests of this room: stick figures that stand with swinging limbs, and some in rare poses."""

from __future__ import annotations

import dataclasses

import numpy as np

from smpl_assets.pose_table import ImageTable, PoseTable
from smpl_assets.skeletons import get_skeleton
from tests.training.figures import standing

_CHAINS = (("shoulder", ("elbow", "wrist")), ("elbow", ("wrist",)), ("hip", ("knee", "ankle")), ("knee", ("ankle",)))


def make_table(keypoints: np.ndarray, annotated: np.ndarray | None = None, skeleton: str = "mpii16") -> PoseTable:
    """People given by their joints (N, J, 2) px; scale is the size of the whole body in 200 px."""
    count = len(keypoints)
    annotated = np.ones(keypoints.shape[:2], bool) if annotated is None else annotated
    low, high = keypoints.min(1), keypoints.max(1)
    minus = np.full(count, -1, np.int64)
    return PoseTable(
        skeleton=get_skeleton(skeleton),
        keypoints=np.where(annotated[..., None], keypoints, 0.0),
        annotated=annotated,
        visible=annotated.copy(),
        bbox_xywh=np.concatenate([low, high - low], 1),
        center=0.5 * (low + high),
        scale=np.full(count, 1.0),
        head_size=np.full(count, np.nan),
        area=np.prod(high - low, axis=1),
        image=np.arange(count, dtype=np.int64),
        person_id=minus,
        source_id=tuple(f"person {i}" for i in range(count)),
        images=ImageTable.of([f"{i:03}.jpg" for i in range(count)], size_wh=np.full((count, 2), 400)),
    )


def make_people(count: int, seed: int = 0, upside_down: int = 0, skeleton: str = "mpii16") -> PoseTable:
    """People of 200 px who stand, limbs swinging by about 0.25 rad; the last `upside_down` of them on their heads."""
    generator = np.random.default_rng(seed)
    kind = get_skeleton(skeleton)
    keypoints = np.repeat(standing(kind)[None] * 200.0, count, 0) + generator.normal(0, 1.5, (count, len(kind), 2))
    for side in ("left_", "right_"):
        for root, moved in _CHAINS:
            _swing(keypoints, kind.index(side + root), [kind.index(side + name) for name in moved], generator)
    rows = slice(count - upside_down, count)
    keypoints[rows] = 200.0 - keypoints[rows]
    return make_table(keypoints + 60.0, skeleton=skeleton)


def turned(table: PoseTable, degrees: float) -> PoseTable:
    """The people turned about their centres in the image plane."""
    angle = np.deg2rad(degrees)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = table.center[:, None]
    moved = (table.keypoints - middle) @ matrix.T + middle
    low, high = moved.min(1), moved.max(1)
    return dataclasses.replace(table, keypoints=moved, bbox_xywh=np.concatenate([low, high - low], 1))


def without(table: PoseTable, rows: list[int], joints: list[str]) -> PoseTable:
    """The same people with joints of some of them not annotated."""
    annotated = table.annotated.copy()
    annotated[np.ix_(rows, [table.skeleton.index(j) for j in joints])] = False
    keypoints = np.where(annotated[..., None], table.keypoints, 0.0)
    return dataclasses.replace(table, annotated=annotated, visible=table.visible & annotated, keypoints=keypoints)


def _swing(keypoints: np.ndarray, root: int, moved: list[int], generator: np.random.Generator) -> None:
    angle = generator.normal(0, 0.25, len(keypoints))
    turn = np.stack([np.stack([np.cos(angle), -np.sin(angle)], 1), np.stack([np.sin(angle), np.cos(angle)], 1)], 1)
    relative = keypoints[:, moved] - keypoints[:, [root]]
    keypoints[:, moved] = keypoints[:, [root]] + np.einsum("nab,njb->nja", turn, relative)
