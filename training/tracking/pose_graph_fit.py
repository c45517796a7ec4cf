"""Learning to tell whether two poses are one person's, from rendered tracks, by contrast."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Rows

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from smpl_assets.errors import StageError
from smpl_assets.seeds import numpy_generator
from smpl_assets.skeletons import Skeleton
from smpl_assets.work import Bench
from training.tracking.network_file import GRAPH
from training.tracking.people import Sequence
from training.tracking.pose_graph import PoseGraph, in_box
from training.tracking.small_fit import fit_small

MARGIN = 2.0  # different people are pushed so far apart; 1, half of it, is where poses count as one
STEPS, PAIRS, APART = 600, 64, 5


def contrastive_loss(one: Tensor, other: Tensor, same: Tensor) -> Float[Tensor, ""]:
    """Squared distance for one person's poses, squared shortfall of MARGIN for two people's."""
    far = (one - other).square().sum(1).clamp(min=1e-12).sqrt()
    return torch.where(same, far.square(), torch.relu(MARGIN - far).square()).mean()


def train_graph(sequences: Rows[Sequence], skeleton: Skeleton, bench: Bench, steps: int = STEPS) -> list[float]:
    """Learn from the tracks of sequences; writes `network.safetensors`, and gives the loss of each step.

    Raises:
        StageError: no two people in frames up to APART apart.
    """

    def loss_of(network: PoseGraph, batch: tuple[np.ndarray, np.ndarray, np.ndarray]) -> Tensor:
        one, other, same = batch
        first, second = (network(torch.from_numpy(p).float().to(bench.device)) for p in (one, other))
        return contrastive_loss(first, second, torch.from_numpy(same).to(bench.device))

    card = {"keypoints": skeleton.keypoints}
    return fit_small(lambda: PoseGraph(skeleton), _batches(sequences, bench.seed, steps), loss_of, steps, bench, GRAPH, card)


def _batches(sequences: Rows[Sequence], seed: int, steps: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Pairs of poses 1 to APART frames apart: half of them one person's, the others two people's."""
    rng = numpy_generator(seed, "pose graph")
    filmed = [[(f.people.ids, in_box(f.people)) for f in s.frames if f.people is not None and len(f.people)] for s in sequences]
    filmed = [frames for frames in filmed if len(frames) > 1 and len(np.unique(np.concatenate([i for i, _ in frames]))) > 1]
    if not filmed:
        raise StageError("track_train: the pose network needs frames with two people", "film more people (track.data)")
    for _ in range(steps):
        drawn = [_pair(filmed[int(rng.integers(len(filmed)))], bool(n % 2), rng) for n in range(PAIRS)]
        one, other, same = zip(*drawn, strict=True)
        yield np.array(one), np.array(other), np.array(same)


def _pair(
    frames: list[tuple[np.ndarray, np.ndarray]], same: bool, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Two poses of one film, of one person where `same` and somebody is in both frames; and whether they are one person's."""
    start = int(rng.integers(len(frames)))
    (ids, poses), (others, later) = frames[start], frames[min(start + int(rng.integers(1, APART + 1)), len(frames) - 1)]
    row, column = int(rng.integers(len(ids))), int(rng.integers(len(others)))
    if same and ids[row] in others:
        column = int(np.flatnonzero(others == ids[row])[0])
    return poses[row], later[column], bool(ids[row] == others[column])
