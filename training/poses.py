"""The record of people that a system found."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int64

from smpl_assets.columns import Columns, whole
from smpl_assets.errors import StageError


@dataclass(frozen=True, eq=False)
class Poses(Columns):
    """M found people of the images of a PoseTable of N people.

    image: (M,) index into the table's images. keypoints: (M, J, 2) continuous px of the image. joint_score: (M, J).
    score: (M,) of the whole pose, comparable over all images. bbox_xywh: (M, 4) px, where it was looked for.
    person: (M,) row of the table whose box was used, -1 where the box was found. track: (M,) identity over frames, -1 without.
    network: (M,) index into `networks`, the one that found it. unusable: (N,) people that nobody could look at (their image or
    box is of no use); found people never count for them.
    """

    image: Int64[np.ndarray, " found"]
    keypoints: Float[np.ndarray, "found joints 2"]
    joint_score: Float[np.ndarray, "found joints"]
    score: Float[np.ndarray, " found"]
    bbox_xywh: Float[np.ndarray, "found 4"]
    person: Int64[np.ndarray, " found"]
    track: Int64[np.ndarray, " found"]
    network: Int64[np.ndarray, " found"]
    unusable: Bool[np.ndarray, " people"] = whole()  # noqa: RUF009 (a field)
    networks: tuple[str, ...] = whole()


def divide_and_conquer(usual: Poses, rare: Poses) -> Poses:
    """DACP (algorithm 1): per person the pose with the larger score; the usual network's where they are equal.

    Raises:
        StageError: the networks were not asked about the same boxes.
    """
    if not (np.array_equal(usual.person, rare.person) and np.array_equal(usual.image, rare.image)):
        raise StageError("dacp: its two networks looked at different people", "evaluate both with the same boxes")
    take = rare.score > usual.score

    def choose(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.where(take.reshape(-1, *[1] * (a.ndim - 1)), b, a)

    return replace(
        usual, keypoints=choose(usual.keypoints, rare.keypoints), joint_score=choose(usual.joint_score, rare.joint_score),
        score=choose(usual.score, rare.score), network=take.astype(np.int64), unusable=usual.unusable | rare.unusable,
        networks=usual.networks + rare.networks,
    )  # fmt: skip
