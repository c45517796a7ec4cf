"""Training the tracker's network on pairs of frames: deterministic, and taken up again where it was cut off."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence as Rows
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from smpl_assets.checkpoints import Checkpoint
from smpl_assets.errors import StageError
from smpl_assets.work import Bench
from training.loop.precision import Precision, resolve_precision
from training.loop.torch_state import torch_state
from training.systems.pixels import normalise
from training.tracking.drawing import drawing_of
from training.tracking.film import Film
from training.tracking.loss import flow_targets, spatial_loss, temporal_loss
from training.tracking.network import TmlNetwork
from training.tracking.pairs import Pair, Pairs, Visits, collate
from training.tracking.skeleton_limbs import Limbs
from training.tracking.targets import Grid
from training.tracking.train_settings import TmlTrainSettings

SAVES = 40  # checkpoints, and lines of the history, of a training
_STATE = ("done", "network", "optimiser", "history")
History = list[dict[str, float | int]]


def fit_pairs(
    network: TmlNetwork, limbs: Limbs, films: Rows[Film], settings: TmlTrainSettings, bench: Bench
) -> tuple[History, Precision]:
    """Train the network in place.

    Args:
        network: with its initial weights.
        limbs: of the skeleton.
        films: to learn from.
        settings: the `track.train` section.
        bench: its seed is that of pairs and augmentation; in its scratch folder, where there is one, a training that was cut off
            goes on from its last checkpoint, and ends with the same weights.

    Returns:
        Per part of the training `{"step", "loss", "spatial", "temporal", "lr"}`, means over its steps; and what was computed in.

    Raises:
        StageError: nothing to train on, or the loss became infinite.
    """
    precision = resolve_precision(settings.precision, bench.device)
    data = Pairs(films, limbs.skeleton, network.options.stride, settings, bench.seed)
    with torch_state(settings.threads):
        return _Training(network, limbs, data, settings, bench, precision).run(), precision


class _Training:
    def __init__(
        self, network: TmlNetwork, limbs: Limbs, data: Pairs, settings: TmlTrainSettings, bench: Bench, precision: Precision
    ) -> None:
        self.network, self.limbs, self.data, self.settings, self.bench = network, limbs, data, settings, bench
        self.device = torch.device(bench.device)
        self.network.to(self.device).to(memory_format=torch.channels_last).train()
        self.precision, self.drawing = precision, drawing_of(network.options, settings)
        height, width = settings.input_size
        self.grid = Grid(height // network.options.stride, width // network.options.stride, network.options.stride)
        self.optimiser = _optimiser(network, settings)
        self.history: History = []
        self.sums = torch.zeros(3, dtype=torch.float64)
        self.frozen_from = settings.steps - round(settings.temporal_last * settings.steps)
        self.checkpoint = Checkpoint(bench.scratch, "tml", _signature(network, data, settings, bench.seed), _STATE)

    def run(self) -> History:
        """All steps that are left."""
        settings = self.settings
        every = max(1, settings.steps // SAVES)
        first = self._restored()
        loader = DataLoader(
            self.data, settings.batch_size, sampler=Visits(first, settings.steps, settings.batch_size), collate_fn=collate,
            num_workers=settings.workers, pin_memory=self.device.type == "cuda",
        )  # fmt: skip
        for step, batch in enumerate(loader, first):
            loss = self._step(step, batch)
            done = step + 1
            self.bench.progress(done, settings.steps, loss=loss)
            if done % every == 0 or done == settings.steps:
                since = done - (self.history[-1]["step"] if self.history else 0)
                names = ("loss", "spatial", "temporal")
                means = {n: round(v, 9) for n, v in zip(names, (self.sums / since).tolist(), strict=True)}
                self.history.append({"step": done, **means, "lr": self.optimiser.param_groups[0]["lr"]})
                self.sums.zero_()
                self._save(done)
        if self.checkpoint.path is not None:
            self.checkpoint.path.unlink(missing_ok=True)
        self.network.requires_grad_(True).eval()
        return self.history

    def _step(self, step: int, batch: Pair) -> float:
        frozen = step >= self.frozen_from
        for part in (self.network.backbone, self.network.spatial):
            part.requires_grad_(not frozen).train(not frozen)
        for group in self.optimiser.param_groups:
            group["lr"] = self.settings.lr * _factor(step, self.settings)
        spatial, temporal = self._losses(batch, frozen)
        loss = spatial + temporal
        value = float(loss.detach())
        if not math.isfinite(value):
            raise StageError(f"track_train: the loss is {value} at step {step}", "lower track.train.lr")
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.sums += torch.tensor([value, float(spatial.detach()), float(temporal.detach())], dtype=torch.float64)
        return value

    def _losses(self, batch: Pair, frozen: bool) -> tuple[Tensor, Tensor]:
        images, keypoints, counts = (part.to(self.device, non_blocking=True) for part in batch)
        count = len(images)
        stacked = images.transpose(0, 1).flatten(0, 1)
        with self._autocast():
            with torch.no_grad() if frozen else nullcontext():
                maps = self.network.look(normalise(stacked))
            state = maps.state
            flows = self.network.compare(state[:count], state[count:])
        spatial = torch.zeros((), device=self.device)
        if not frozen:
            both, seen = keypoints.transpose(0, 1).flatten(0, 1), counts.transpose(0, 1).flatten(0, 1)
            spatial = spatial_loss(maps, both, seen, self.limbs, self.grid, self.drawing, self.settings)
        targets = flow_targets(
            keypoints[:, 0], keypoints[:, 1], self.limbs, self.grid, self.drawing, self.network.options.heads
        )  # fmt: skip
        return spatial, temporal_loss(flows, targets, counts.all(1), self.settings)

    def _autocast(self) -> AbstractContextManager[Any]:
        mixed = self.precision == "bf16-mixed"
        return torch.autocast(self.device.type, torch.bfloat16) if mixed else nullcontext()

    def _save(self, done: int) -> None:
        network, optimiser = self.network.state_dict(), self.optimiser.state_dict()
        self.checkpoint.save({"done": done, "network": network, "optimiser": optimiser, "history": self.history})

    def _restored(self) -> int:
        """The steps that are done."""
        found = self.checkpoint.found()
        if found is None:
            return 0
        state = torch.load(found, map_location=self.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.history = state["history"]
        return int(state["done"])


def _optimiser(network: TmlNetwork, settings: TmlTrainSettings) -> torch.optim.Optimizer:
    if settings.optimiser == "sgd":
        return torch.optim.SGD(network.parameters(), settings.lr, momentum=0.9, weight_decay=settings.weight_decay)
    return torch.optim.AdamW(network.parameters(), settings.lr, weight_decay=settings.weight_decay)


def _factor(step: int, settings: TmlTrainSettings) -> float:
    """On lr at a step."""
    if step < settings.warmup:
        return (step + 1) / settings.warmup
    if settings.schedule == "constant":
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * (step - settings.warmup) / max(1, settings.steps - settings.warmup)))


def _signature(network: TmlNetwork, data: Pairs, settings: TmlTrainSettings, seed: int) -> str:
    kept = settings.model_dump_json(exclude={"workers", "threads"})
    digest = hashlib.sha256("\n".join([kept, network.options.model_dump_json(), str(seed)]).encode())
    for film in data.films:
        digest.update(film.sequence.name.encode())
        for frame in film.sequence.frames:
            digest.update(b"" if frame.people is None else frame.people.keypoints.tobytes())
    for value in network.state_dict().values():
        digest.update(value.detach().cpu().numpy().tobytes())
    return digest.hexdigest()
