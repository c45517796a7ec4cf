"""Made ground truth and predictions with every kind of error."""

from __future__ import annotations

import dataclasses

import numpy as np

from tests.training.datasets.sequences import people, sequence
from training.tracking.people import People, Sequence


def noisy(seed: int, count: int = 4, steps: int = 12, name: str = "000001_mpii_test") -> tuple[Sequence, Sequence]:
    """People close together and predictions with noise, missing joints and people, ghosts, swaps and new ids."""
    rng = np.random.default_rng(seed)
    start, step = rng.uniform(100, 200, (count, 2)), rng.uniform(-4, 4, (count, 2))
    truth, predicted = [], []
    label = np.arange(count) + 10
    for number in range(steps):
        here = np.flatnonzero(rng.random(count) > 0.1)
        truth.append(_thinned(people(start[here] + number * step[here], [int(i) for i in here]), rng))
        if rng.random() < 0.3:
            label = rng.permutation(label)
        if rng.random() < 0.3:
            label[rng.integers(count)] = 100 + number
        seen = here[rng.random(len(here)) > 0.15]
        places, ids = start[seen] + number * step[seen] + rng.normal(0, 2, (len(seen), 2)), [int(label[i]) for i in seen]
        if rng.random() < 0.3:
            places, ids = np.concatenate([places, rng.uniform(100, 200, (1, 2))]), [*ids, 900 + number]
        found = people(places, ids, joint_scores=rng.random((len(ids), 15)))
        blurred = found.keypoints + rng.normal(0, 3, found.keypoints.shape)
        predicted.append(_thinned(dataclasses.replace(found, keypoints=blurred), rng))
    return sequence(truth, name), sequence(predicted, name)


def _thinned(found: People, rng: np.random.Generator) -> People:
    gone = rng.random(found.present.shape) < 0.1
    return dataclasses.replace(found, keypoints=np.where(gone[..., None], np.nan, found.keypoints))
