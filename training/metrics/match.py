"""Found people to annotated ones: the one step between any system's output and figures per person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64
from scipy.optimize import linear_sum_assignment

from smpl_assets.errors import StageError
from smpl_assets.pose_table import PoseTable
from training.metrics.coco_match import Ignored
from training.metrics.oks import oks
from training.poses import Poses


@dataclass(frozen=True)
class Matched:
    """One row per person of a PoseTable, in its order; the pose found for it, or none.

    keypoints: (N, J, 2) px, NaN where nobody found the person. score: (N,), -inf there. valid: (N,), False where the image could
    not be used. found: (N,) row of the poses, -1 where none is. extra: (E,) rows of poses that no person got; they are false
    positives of the images that could be used. ignored: annotations that count neither as found nor as missed, where predictions
    may stand without being wrong.
    """

    poses: Poses
    keypoints: Float[np.ndarray, "people joints 2"]
    score: Float[np.ndarray, " people"]
    valid: Bool[np.ndarray, " people"]
    found: Int64[np.ndarray, " people"]
    extra: Int64[np.ndarray, " extra"]
    ignored: Ignored | None = None

    @property
    def network(self) -> Int64[np.ndarray, " people"]:
        """Which of the poses' networks found each person; -1 where none did."""
        return np.where(self.found >= 0, self.poses.network[self.found] if len(self.poses) else -1, -1)


def match_people(poses: Poses, table: PoseTable, ignored: Ignored | None = None) -> Matched:
    """Poses found in annotated boxes belong to whose box it was; the others go to the people of their image by OKS.

    Among found boxes the assignment maximises the sum of OKS of an image (Hungarian); pairs without any overlap (OKS below 1e-6)
    are none.

    Raises:
        StageError: the poses are of another set of people.
    """
    if len(poses.unusable) != len(table) or (len(poses) and int(poses.person.max()) >= len(table)):
        raise StageError(f"{len(poses.unusable)} people were looked for, the table has {len(table)}", "rarepose verify --deep")
    found = np.full(len(table), -1, np.int64)
    given = poses.person >= 0
    found[poses.person[given]] = np.flatnonzero(given)
    if not given.all():
        _by_oks(poses, table, found, ~given)
    found[poses.unusable] = -1
    valid, has = ~poses.unusable, found >= 0
    keypoints = np.full(table.keypoints.shape, np.nan)
    keypoints[has] = poses.keypoints[found[has]]
    score = np.full(len(table), -np.inf)
    score[has] = poses.score[found[has]]
    return Matched(poses, keypoints, score, valid, found, _extra(poses, table, found), ignored)


def _by_oks(poses: Poses, table: PoseTable, found: Int64[np.ndarray, " people"], free: Bool[np.ndarray, " found"]) -> None:
    """Fill `found` for people that have no pose yet, image by image."""
    sigmas = np.array(table.skeleton.sigmas)
    open_people = (found < 0) & ~poses.unusable & table.annotated.any(1) & (table.area > 0)
    rows_of, people_of = _by_image(poses.image, free), _by_image(table.image, open_people)
    for image in rows_of.keys() & people_of.keys():
        rows, people = rows_of[image], people_of[image]
        truth = (table.keypoints[people], table.annotated[people], table.area[people])
        similarity = oks(poses.keypoints[rows], *truth, sigmas)
        for row, person in zip(*linear_sum_assignment(-similarity), strict=True):
            if similarity[row, person] > 1e-6:
                found[people[person]] = rows[row]


def _by_image(image: Int64[np.ndarray, " rows"], chosen: Bool[np.ndarray, " rows"]) -> dict[int, Int64[np.ndarray, " _"]]:
    """The chosen rows of each image."""
    rows = np.flatnonzero(chosen)
    rows = rows[np.argsort(image[rows], kind="stable")]
    images, first = np.unique(image[rows], return_index=True)
    return dict(zip(images.tolist(), np.split(rows, first[1:]), strict=True)) if len(rows) else {}


def _extra(poses: Poses, table: PoseTable, found: Int64[np.ndarray, " people"]) -> Int64[np.ndarray, " extra"]:
    taken = np.zeros(len(poses), bool)
    taken[found[found >= 0]] = True
    lost = np.unique(table.image[poses.unusable])
    return np.flatnonzero(~taken & (poses.person < 0) & ~np.isin(poses.image, lost))
