"""Whether results have their keypoints in another order than the annotations, or left and right swapped."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from smpl_assets.pose_table import PoseTable
from training.metrics.match import Matched

LEAST_PEOPLE = 10  # that both joints of a pair need
_BETTER = 0.5  # of the distance: an order that is this much nearer is the right one
_OTHERS = 4  # keypoints that have to change place


def other_order(table: PoseTable, matched: Matched) -> str:
    """A sentence for users where another order of the keypoints fits the annotations much better; else ''.

    Distances are in parts of the square root of a person's area, medians over the people that were found.
    """
    rows = np.flatnonzero((matched.found >= 0) & (table.area > 0))
    if len(rows) < LEAST_PEOPLE:
        return ""
    off = matched.keypoints[rows][:, :, None] - table.keypoints[rows][:, None]
    distance = np.linalg.norm(off, axis=3) / np.sqrt(table.area[rows])[:, None, None]
    known = table.annotated[rows]
    joints = np.flatnonzero(known.sum(0) >= LEAST_PEOPLE)
    if len(joints) < _OTHERS:
        return ""
    cost = np.stack([np.median(distance[known[:, k]][:, joints, k], axis=0) for k in joints], axis=1)
    found, place = linear_sum_assignment(cost)
    changed = np.flatnonzero(found != place)
    if len(changed) < _OTHERS or cost[found, place].sum() > _BETTER * np.trace(cost):
        return ""
    names = table.skeleton.keypoints
    first = changed[0]
    swapped = all(joints[place[k]] == table.skeleton.flip[joints[found[k]]] for k in changed)
    what = "left and right may be swapped" if swapped else "the keypoints may stand in another order than in the annotations"
    return (
        f"{what}: what should be {names[joints[found[first]]]} lies nearest to the annotated {names[joints[place[first]]]}, "
        f"and so for {len(changed)} of {len(joints)} keypoints"
    )
