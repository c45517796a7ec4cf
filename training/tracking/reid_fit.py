"""Learning to tell people by their looks, from rendered ids, by batch-hard triplets."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Rows

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from smpl_assets.errors import StageError
from smpl_assets.seeds import numpy_generator
from smpl_assets.work import Bench
from training.tracking.baselines.boxes import boxes
from training.tracking.film import Film
from training.tracking.network_file import REID
from training.tracking.reid import ReidNetwork, as_tensor, crops
from training.tracking.small_fit import fit_small

GROW = 1.15
STEPS, TRACKS, VIEWS, MARGIN = 300, 8, 4, 0.3


def triplet_loss(features: Float[Tensor, "people features"], tracks: Tensor) -> Float[Tensor, ""]:
    """Batch-hard: each one's farthest view of the same person has to be nearer, by MARGIN, than the nearest other person."""
    far = torch.cdist(features, features)
    same = tracks[:, None] == tracks[None]
    return torch.relu(torch.where(same, far, -1.0).amax(1) - torch.where(same, 9.0, far).amin(1) + MARGIN).mean()


def train_reid(films: Rows[Film], bench: Bench, steps: int = STEPS) -> list[float]:
    """Learn from the tracks of films; writes `network.safetensors`, and gives the loss of each step.

    Raises:
        StageError: fewer than two tracks.
    """
    views = _views(films)
    if len(views) < 2:
        raise StageError("track_train: re-identification needs two people or more", "film more people (track.data)")

    def loss_of(network: ReidNetwork, batch: tuple[np.ndarray, np.ndarray]) -> Tensor:
        images, tracks = batch
        return triplet_loss(network(as_tensor(images, bench.device)), torch.from_numpy(tracks).to(bench.device))

    return fit_small(ReidNetwork, _batches(views, bench.seed, steps), loss_of, steps, bench, REID, {})


def _views(films: Rows[Film]) -> list[np.ndarray]:
    """Every track's crops, (views, 64, 32, 3), at most 24 of each; tracks of one view are left out."""
    found: dict[tuple[int, int], list[np.ndarray]] = {}
    for number, film in enumerate(films):
        for index, frame in enumerate(film.sequence.frames):
            if frame.people is not None and len(frame.people):
                cut = crops(film.picture(index), boxes(frame.people, GROW))
                for row, track in enumerate(frame.people.ids.tolist()):
                    found.setdefault((number, track), []).append(cut[row])
    return [np.stack(views[:: max(1, len(views) // 24)]) for views in found.values() if len(views) > 1]


def _batches(views: list[np.ndarray], seed: int, steps: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    rng = numpy_generator(seed, "re-identification")
    for _ in range(steps):
        chosen = rng.choice(len(views), min(TRACKS, len(views)), replace=False)
        images = np.concatenate([views[t][rng.integers(len(views[t]), size=VIEWS)] for t in chosen])
        light = rng.uniform(0.8, 1.2, (len(images), 1, 1, 1))
        yield np.clip(images * light, 0, 255).astype(np.uint8), np.repeat(np.arange(len(chosen)), VIEWS)
