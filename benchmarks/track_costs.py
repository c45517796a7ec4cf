"""What parts of the tracker cost: decoding and association for crowds of several sizes, targets in a training step."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from smpl_assets.skeletons import SKELETONS
from smpl_assets.work import Bench
from training.tracking.associate import match
from training.tracking.decode import decode
from training.tracking.decode_settings import DecodeSettings
from training.tracking.drawing import drawing_of
from training.tracking.film import Film
from training.tracking.fit import fit_pairs
from training.tracking.loss import flow_targets
from training.tracking.network import build_network
from training.tracking.network_settings import HEADS, TmlOptions
from training.tracking.pairs import Pairs, collate
from training.tracking.people import UNTRACKED, People
from training.tracking.score import distances, flow_score, joint_fields
from training.tracking.skeleton_limbs import limbs_of
from training.tracking.targets import Grid, affinity, heatmaps, limb_flow
from training.tracking.train_settings import TmlTrainSettings

LIMBS = limbs_of(SKELETONS["posetrack15"])
STEPS, FIRST = 20, 5  # of a training; the first ones are slower


def best_of(work: Callable[[], object], rounds: int = 7) -> float:
    """CPU milliseconds of the fastest round."""
    times = []
    for _ in range(rounds):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return round(1000 * min(times), 2)


def costs() -> dict[str, dict[str, float]]:
    """CPU milliseconds of decoding and of association for crowds, on the true maps of 46 x 82 cells at stride 8."""
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
        first, second = shown(people), shown(later)
        found[str(count)] = {
            "decoding": best_of(lambda: decode(*maps, LIMBS, 8, (656, 368), DecodeSettings(), 0.1)),  # noqa: B023
            "flow score": best_of(lambda: flow_score(people, later, fields, 8, 2.0)),  # noqa: B023
            "distance and matching": best_of(lambda: match(-distances(first, second, LIMBS.skeleton), -1.5)),  # noqa: B023
        }  # fmt: skip
    return found


def shown(keypoints: np.ndarray) -> People:
    """People of these joints."""
    there = np.isfinite(keypoints).all(2)
    count = len(keypoints)
    ids, heads = np.full(count, UNTRACKED), np.full((count, 4), np.nan)
    return People(keypoints, there.astype(float), there, np.ones(count), ids, heads)


def training_step(films: list[Film]) -> dict[str, float | str]:
    """CPU seconds of a step of `tml_narrow` with three heads (all but its data), its data, and its targets."""
    options = TmlOptions(heads=HEADS)
    settings = TmlTrainSettings(steps=STEPS, input_size=(96, 128), strides=(1, 3), temporal_last=0.0, threads=1)
    ends = [time.process_time()]
    with TemporaryDirectory() as folder:
        bench = Bench(0, Path(folder), progress=lambda done, total, **figures: ends.append(time.process_time()))
        _, precision = fit_pairs(build_network(LIMBS, options, 0), LIMBS, films, settings, bench)
    data = Pairs(films, LIMBS.skeleton, options.stride, settings, 0)
    batches, reading, drawing = [], [], []
    for step in range(FIRST, STEPS):
        begun = time.process_time()
        batches.append(collate([data[step * settings.batch_size + n] for n in range(settings.batch_size)]))
        reading.append(time.process_time() - begun)
    grid, drawn = Grid(96 // options.stride, 128 // options.stride, options.stride), drawing_of(options, settings)
    for batch in batches:
        begun, both = time.process_time(), batch.keypoints.transpose(0, 1).flatten(0, 1)
        heatmaps(both, grid, drawn.sigma), affinity(both, LIMBS, grid, drawn.width)
        flow_targets(batch.keypoints[:, 0], batch.keypoints[:, 1], LIMBS, grid, drawn, HEADS)
        drawing.append(time.process_time() - begun)
    read, targets = float(np.median(reading)), float(np.median(drawing))
    whole = float(np.median(np.diff(ends)[FIRST:])) - read
    figures = {"step": whole, "data": read, "targets": targets, "targets' share, %": 100 * targets / whole}
    return {name: round(value, 3) for name, value in figures.items()} | {"precision": precision}
