"""People and frames for the tests of trackers."""

from functools import cache

import numpy as np

from training.tracking.people import UNTRACKED, People
from training.tracking.tracker import Seen


def people(keypoints, scores=None, ids=None) -> People:
    """People of these keypoints (people, joints, 2), NaN where a joint is not there."""
    keypoints = np.asarray(keypoints, float).reshape(-1, *np.shape(keypoints)[-2:])
    count = len(keypoints)
    present = np.isfinite(keypoints).all(2)
    return People(
        keypoints, present.astype(float), present, np.ones(count) if scores is None else np.asarray(scores, float),
        np.full(count, UNTRACKED) if ids is None else np.asarray(ids), np.full((count, 4), np.nan),
    )  # fmt: skip


def frames(found, height=120, width=160) -> list[Seen]:
    """One sequence with a grey picture per frame."""
    picture = np.full((height, width, 3), 128, np.uint8)
    return [Seen("s", n, height, width, p, cache(lambda: picture)) for n, p in enumerate(found)]
