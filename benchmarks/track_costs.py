"""What parts of the tracker cost, for crowds of several sizes; imported by track.py."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch

from smpl_assets.skeletons import SKELETONS
from training.tracking.associate import match
from training.tracking.decode import decode
from training.tracking.decode_settings import DecodeSettings
from training.tracking.people import UNTRACKED, People
from training.tracking.score import distances, flow_score, joint_fields
from training.tracking.skeleton_limbs import limbs_of
from training.tracking.targets import Grid, affinity, heatmaps, limb_flow

LIMBS = limbs_of(SKELETONS["posetrack15"])


def best_of(work: Callable[[], object], rounds: int = 7) -> float:
    """Milliseconds of the fastest round."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return round(1000 * min(times), 2)


def costs() -> dict[str, dict[str, float]]:
    """Milliseconds of decoding and of association for crowds, on the true maps of 46 x 82 cells at stride 8."""
    draw, grid, found = np.random.default_rng(0), Grid(46, 82, 8), {}
    body = np.array([
        [-8, 90], [-7, 62], [-6, 34], [6, 34], [7, 62], [8, 90], [-16, 36], [-15, 18], [-10, 0], [10, 0], [15, 18], [16, 36],
        [0, -4], [0, -14], [0, -26],
    ], float)  # fmt: skip
    for count in (1, 5, 20, 50):
        places = np.stack([40 + 60 * (np.arange(count) % 10), 30 + 60 * (np.arange(count) // 10)], 1)
        people = body * (0.9 if count <= 20 else 0.5) + places[:, None]
        later = people + draw.normal(0, 6, (count, 1, 2))
        before, after = (torch.tensor(k[None], dtype=torch.float32) for k in (people, later))
        maps = heatmaps(before, grid, 7.0)[0], affinity(before, LIMBS, grid, 8.0)[0]
        fields = joint_fields(limb_flow(before, after, LIMBS, grid, 8.0, 2.0)[0], "limbs", LIMBS)
        some = [shown(k) for k in (people, later)]
        found[str(count)] = {
            "decoding": best_of(lambda: decode(*maps, LIMBS, 8, (656, 368), DecodeSettings(), 0.1)),  # noqa: B023
            "flow score": best_of(lambda: flow_score(people, later, fields, 8, 2.0)),  # noqa: B023
            "distance and matching": best_of(lambda: match(-distances(*some, LIMBS.skeleton), -1.5)),  # noqa: B023
        }  # fmt: skip
    return found


def shown(keypoints: np.ndarray) -> People:
    """People of these joints."""
    there = np.isfinite(keypoints).all(2)
    count = len(keypoints)
    ids, heads = np.full(count, UNTRACKED), np.full((count, 4), np.nan)
    return People(keypoints, there.astype(float), there, np.ones(count), ids, heads)
