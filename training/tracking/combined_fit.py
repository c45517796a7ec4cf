"""The stage `track_train`, its unit `combined`: the top-down network on pairs of crops with one region."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Rows
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from smpl_assets.archive import write_json
from smpl_assets.checkpoints import Checkpoint
from smpl_assets.errors import StageError
from smpl_assets.seeds import numpy_generator
from smpl_assets.work import Bench
from training.feeds.transforms import apply_affine, warp
from training.systems.pixels import normalise
from training.tracking.combined import STRIDE, CombinedNetwork, build_combined
from training.tracking.combined_settings import CombinedOptions
from training.tracking.common_crop import box_of, common_matrix
from training.tracking.film import Film, skeleton_of
from training.tracking.network_file import COMBINED, FILE, write_network
from training.tracking.pose_crops import PoseCrops
from training.tracking.settings import TrackSettings
from training.tracking.skeleton_limbs import Limbs, limbs_of
from training.tracking.targets import Grid, heatmaps, limb_flow

VERSION = 1
SAVES = 20
_MORE = "film longer sequences (track.data), or set track.combined.strides: the numbers in the images' names count"
_STATE = ("network", "optimiser", "schedule", "history")


@dataclass(frozen=True)
class _Crops:
    """A batch. images: (B, 2, H, W, 3) uint8. person: (B, 2, 1, J, 2), the earlier frame's person there and who stands for it in
    the later one. everybody: (B, 2, P, J, 2), rows by track. All px of the crop.
    """

    images: Tensor
    person: Tensor
    everybody: Tensor


def train_unit(
    films: Rows[Film], settings: TrackSettings, bench: Bench, people: Callable[[int], PoseCrops] | None = None
) -> None:
    """Train it and write network.safetensors and history.json; a training that was cut off goes on.

    Loss: squared error of the heatmaps of both crops' people, and of those of the augmented set, where they are annotated, and of
    limb flow, 1 : 1. Half of the pairs are about two different people: what really moves there is the target.

    Args:
        films: to learn from.
        settings: the `track` section, of which `combined` counts.
        bench: its seed is that of weights, pairs and augmentation.
        people: gives further crops for D_S of a step, those of `track.combined.variant` (`PeopleFeed`).

    Raises:
        StageError: no person is in two labelled frames, or the loss became infinite.
    """
    options, skeleton = settings.combined, skeleton_of(films)
    limbs = limbs_of(skeleton)
    network = build_combined(limbs, options, bench.seed).to(bench.device).train()
    tracks = _tracks(films, options)
    if not tracks:
        raise StageError("track_train: nobody is in two labelled frames", _MORE)
    optimiser = torch.optim.Adam(network.parameters(), options.lr)
    milestones = [round(share * options.steps) for share in options.milestones]
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimiser, milestones)
    identity = f"{options.model_dump_json()} seed {bench.seed} {[film.sequence.name for film in films]}"
    checkpoint = Checkpoint(bench.scratch, "combined", identity, _STATE)
    history = _restored(checkpoint, network, optimiser, schedule)
    for step in range(len(history), options.steps):
        batch = _batch(films, tracks, options, bench.seed, step)
        loss = _loss(network, limbs, batch, None if people is None else people(step), options, bench.device)
        if not torch.isfinite(loss):
            raise StageError(f"track_train: the combined network's loss is {float(loss.detach())}", "lower track.combined.lr")
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        history.append(round(float(loss.detach()), 9))
        bench.progress(step + 1, options.steps, loss=history[-1])
        if (step + 1) % max(1, options.steps // SAVES) == 0:
            state = {"network": network.state_dict(), "optimiser": optimiser.state_dict(), "schedule": schedule.state_dict()}
            checkpoint.save(state | {"history": history})
    card = {"options": options.model_dump(mode="json"), "keypoints": skeleton.keypoints}
    write_network(bench.out / FILE, {n: v.detach().cpu() for n, v in network.state_dict().items()}, COMBINED, card)
    write_json(bench.out / "history.json", history)


def _restored(
    checkpoint: Checkpoint, network: CombinedNetwork, optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.MultiStepLR,
) -> list[float]:  # fmt: skip
    """The losses of the steps that are done."""
    found = checkpoint.found()
    if found is None:
        return []
    state = torch.load(found, map_location="cpu", weights_only=True)
    network.load_state_dict(state["network"])
    optimiser.load_state_dict(state["optimiser"])
    schedule.load_state_dict(state["schedule"])
    return list(state["history"])


Track = tuple[int, int, int, int, int]  # film, frame, row, later frame, its row of the same person


def _tracks(films: Rows[Film], options: CombinedOptions) -> list[Track]:
    """Everybody in two labelled frames, whose numbers are as far apart as the options say."""
    found: list[Track] = []
    for number, film in enumerate(films):
        for apart in range(options.strides[0], options.strides[1] + 1):
            for first, later in film.sequence.pairs(apart):
                one, other = (film.sequence.frames[place].people for place in (first, later))
                if one is not None and other is not None:
                    _, rows, again = np.intersect1d(one.ids, other.ids, return_indices=True)
                    seen = one.present[rows].any(1) & other.present[again].any(1)
                    pairs = zip(rows[seen].tolist(), again[seen].tolist(), strict=True)
                    found += [(number, first, a, later, b) for a, b in pairs]
    return found


def _batch(films: Rows[Film], tracks: Rows[Track], options: CombinedOptions, seed: int, step: int) -> _Crops:
    items = []
    for place in range(options.batch_size):
        rng = numpy_generator(seed, "combined", step, place)
        items.append(_item(films, tracks[int(rng.integers(len(tracks)))], options, rng))
    most = max(everybody.shape[1] for _, _, everybody in items)
    padded = [np.pad(e, ((0, 0), (0, most - e.shape[1]), (0, 0), (0, 0)), constant_values=np.nan) for _, _, e in items]
    images, people = np.stack([i for i, _, _ in items]), np.stack([p for _, p, _ in items])
    return _Crops(torch.from_numpy(images), torch.from_numpy(people).float(), torch.from_numpy(np.stack(padded)).float())


def _item(
    films: Rows[Film], track: Track, options: CombinedOptions, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    number, first, row, later, again = track
    film = films[number]
    before, after = (film.sequence.frames[n].people for n in (first, later))
    if before is None or after is None:
        raise StageError(f"{film.sequence.name}: frame {first} or {later} has no labels")
    others = np.flatnonzero((after.ids != before.ids[row]) & after.present.any(1))
    if len(others) and rng.random() < options.negatives:
        again = int(others[rng.integers(len(others))])
    person = np.stack([before.keypoints[row], after.keypoints[again]])[:, None]
    matrix = common_matrix(box_of(person[0, 0]), box_of(person[1, 0]), options.input_size, options.padding)
    images = np.stack([warp(film.picture(n), matrix, options.input_size) for n in (first, later)])
    ids = np.union1d(before.ids, after.ids)
    everybody = np.full((2, len(ids), *before.keypoints.shape[1:]), np.nan)
    for frame, people in enumerate((before, after)):
        everybody[frame, np.searchsorted(ids, people.ids)] = people.keypoints
    return images, apply_affine(matrix, person), apply_affine(matrix, everybody)


def _loss(
    network: CombinedNetwork, limbs: Limbs, batch: _Crops, more: PoseCrops | None, options: CombinedOptions, device: str
) -> Tensor:
    height, width = options.input_size
    grid = Grid(height // STRIDE, width // STRIDE, STRIDE)
    pictures, both, count = (
        batch.images.transpose(0, 1).flatten(0, 1),
        batch.person.transpose(0, 1).flatten(0, 1),
        len(batch.images),
    )
    weight = torch.ones(len(both))
    if more is not None:
        pictures, both = torch.cat([pictures, more.images]), torch.cat([both, more.keypoints])
        weight = torch.cat([weight, more.weight])
    features = network.features(normalise(pictures.to(device)))
    both, everybody = both.to(device), batch.everybody.to(device)
    annotated = torch.isfinite(both).all(-1)[:, 0]
    error = (network.poses(features) - heatmaps(both, grid, options.sigma)[:, :-1]).square().mean((2, 3))
    poses = (error * annotated * weight.to(device)[:, None]).sum() / annotated.sum().clamp(min=1)
    flow = limb_flow(everybody[:, 0], everybody[:, 1], limbs, grid, options.width, options.still)
    return poses + (network.flows(features[:count], features[count : 2 * count]) - flow).square().mean()
