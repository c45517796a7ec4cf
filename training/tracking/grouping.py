"""Joints to people by part affinity fields, limb by limb along the tree (OpenPose)."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from training.tracking.associate import greedy
from training.tracking.peaks import Peaks, by_joint
from training.tracking.people import UNTRACKED, People
from training.tracking.sampling import directions, sample
from training.tracking.skeleton_limbs import Limbs

ALONG, SHARE_ALONG = 0.05, 0.8  # a limb's field points along it by so much at this share of its points


def limb_scores(
    peaks: Peaks, affinity: Float[Tensor, "channels rows columns"], limbs: Limbs, stride: int, height: int
) -> tuple[Float[np.ndarray, "limbs upper lower"], np.ndarray, np.ndarray]:
    """How well the field supports each pair of joints as a limb, -inf where it does not.

    The mean of the field along the pair, and OpenPose's prior against pairs longer than half the picture,
    min(0, .5 height / length - 1). Gives the scores, and which peaks are the rows (limbs, upper) and the columns
    (limbs, lower) of each limb; -1 fills up.
    """
    rows, columns = (by_joint(peaks.joints, (pair[end] for pair in limbs.pairs)) for end in (0, 1))
    places = torch.from_numpy(np.append(peaks.places, [[np.nan, np.nan]], 0)).to(affinity)
    start, end = places[torch.from_numpy(rows)], places[torch.from_numpy(columns)]
    way = end.unsqueeze(1) - start.unsqueeze(2)
    lines = start.unsqueeze(2).expand_as(way)
    field = sample(affinity.unflatten(0, (-1, 2)), lines.flatten(1, 2), way.flatten(1, 2), stride)
    unit = directions(way.flatten(1, 2)).to(field).unsqueeze(2)
    found = (field[:, 0] * unit[..., 0]).addcmul_(field[:, 1], unit[..., 1]).unflatten(1, way.shape[1:3])
    prior = (0.5 * height / way.norm(dim=-1) - 1).clamp(max=0)
    score = found.mean(-1) + prior
    good = (score > 0) & ((found > ALONG).to(score).mean(-1) >= SHARE_ALONG - 1e-6)
    return torch.where(good, score, -torch.inf).double().cpu().numpy(), rows, columns


def group(
    peaks: Peaks, affinity: Float[Tensor, "channels rows columns"], limbs: Limbs, stride: int, height: int, least_joints: int = 3,
    least_score: float = 0.4,
) -> People:  # fmt: skip
    """The people that peaks and fields make up, the strongest first.

    A person's score is the sum of its joints' and limbs' scores over the number of its joints; who has fewer than
    `least_joints`, or at most `least_score`, is dropped.
    """
    joints = len(limbs.skeleton)
    owner, support = np.arange(len(peaks)), peaks.scores.copy()
    score, rows, columns = limb_scores(peaks, affinity, limbs, stride, height)
    for limb, taken in enumerate(greedy(score)):
        upper, lower = np.nonzero(taken)
        above, below = rows[limb, upper], columns[limb, lower]
        owner[below] = owner[above]
        support[below] += score[limb, upper, lower]
    _, person = np.unique(owner, return_inverse=True)
    count = np.bincount(person)
    strength = np.bincount(person, support) / np.maximum(count, 1)
    kept = np.flatnonzero((count >= least_joints) & (strength > least_score))
    kept = kept[np.argsort(-strength[kept], kind="stable")]
    place = np.full(len(count), -1)
    place[kept] = np.arange(len(kept))
    mine = np.flatnonzero(place[person] >= 0) if len(peaks) else np.zeros(0, int)
    keypoints, scores = np.full((len(kept), joints, 2), np.nan), np.zeros((len(kept), joints))
    keypoints[place[person[mine]], peaks.joints[mine]] = peaks.places[mine]
    scores[place[person[mine]], peaks.joints[mine]] = peaks.scores[mine]
    present: Bool[np.ndarray, "people joints"] = np.isfinite(keypoints).all(2)
    return People(
        keypoints, scores, present, strength[kept], np.full(len(kept), UNTRACKED), np.full((len(kept), 4), np.nan)
    )  # fmt: skip
