"""Training one pose network with Lightning: deterministic, resumable, on one device or several."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from smpl_assets.errors import InputError
from smpl_assets.progress import Progress, silent
from training.augmented.training_set import TrainingSet
from training.images import ImageStore
from training.loader import CropDataset, VisitSampler
from training.losses import heatmap_loss
from training.networks.simple_baseline import SimpleBaseline, normalise
from training.targets import gaussian_targets
from training.torch_state import torch_state
from training.train_settings import STRIDE, TrainSettings

OUTCOME = "outcome.json"


@dataclass(frozen=True)
class Plan:
    """How long a training is: epochs of equally many optimisation steps."""

    epochs: int
    steps_per_epoch: int

    @property
    def total(self) -> int:
        """Optimisation steps."""
        return self.epochs * self.steps_per_epoch


@dataclass(frozen=True)
class Outcome:
    """What a training left behind besides the weights.

    history: per epoch `{"epoch", "loss", "lr", "joints"}`: mean loss over its steps, learning rate at its end, supervised joints.
    bad: index of a sample whose image could not be used -> reason.
    """

    history: list[dict[str, float | int]]
    bad: dict[int, str]


def plan_training(settings: TrainSettings, samples: int, real: int) -> Plan:
    """`epochs` passes over the real people (budget `steps`: the same number of steps for every variant) or over all samples."""
    basis = real if settings.budget == "steps" else samples
    return Plan(settings.epochs, max(1, math.ceil(basis / settings.batch_size)))


def learning_rate_factor(step: int, total: int, settings: TrainSettings) -> float:
    """The schedule's factor on lr at an optimisation step."""
    share = step / total
    if share < settings.warmup:
        return 0.1 + 0.9 * share / settings.warmup
    if settings.schedule == "step":
        return 0.1 ** sum(share >= m for m in settings.milestones)
    if settings.schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * (share - settings.warmup) / (1 - settings.warmup)))
    return 1.0


class PoseModule(pl.LightningModule):
    """Lightning's view of a training; keeps the history, and writes it down where the caller can read it after a spawn."""

    def __init__(self, network: SimpleBaseline, data: CropDataset, plan: Plan, scratch: Path, checkpoint: Path | None) -> None:
        """`checkpoint`: where the training is saved after each epoch, if anywhere."""
        super().__init__()
        self.network, self.data, self.plan, self.scratch, self.checkpoint = network, data, plan, scratch, checkpoint
        self.options = data.settings
        self.history: list[dict[str, float | int]] = []
        self.bad: dict[int, str] = {}
        self._losses: list[Tensor] = []
        self._joints: list[Tensor] = []

    def train_dataloader(self) -> DataLoader[Any]:
        """Batches of this device."""
        devices = self.trainer.world_size
        sampler = VisitSampler(self.plan.steps_per_epoch, self.options.batch_size, self.trainer.global_rank, devices)
        return DataLoader(
            self.data, self.options.batch_size // devices, sampler=sampler, num_workers=self.options.workers,
            persistent_workers=self.options.workers > 0, pin_memory=self.device.type == "cuda",
        )  # fmt: skip

    def training_step(self, batch: dict[str, Any], batch_index: int) -> Tensor:
        """The weighted heatmap loss of one batch (eq 4.3)."""
        size = (self.options.input_size[0] // STRIDE, self.options.input_size[1] // STRIDE)
        target, supervised = gaussian_targets(batch["keypoints"], batch["supervised"], size, STRIDE, self.options.sigma)
        predicted = self.network(normalise(batch["image"]))
        loss = heatmap_loss(predicted.float(), target, supervised, batch["weight"])
        self._losses.append(loss.detach())
        self._joints.append(supervised.sum())
        self.bad |= {int(i): b for i, b in zip(batch["index"], batch["bad"], strict=True) if b}
        return loss

    def configure_optimizers(self) -> Any:
        """Adam with the schedule of the settings, stepped once per optimisation step."""
        optimiser = torch.optim.AdamW(self.network.parameters(), lr=self.options.lr, weight_decay=self.options.weight_decay)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda s: learning_rate_factor(s, self.plan.total, self.options))
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def on_train_epoch_end(self) -> None:
        """Close the epoch's line of the history and save the training, whole or not at all."""
        loss = self.trainer.strategy.reduce(torch.stack(self._losses).mean(), reduce_op="mean")
        joints = self.trainer.strategy.reduce(torch.stack(self._joints).sum(), reduce_op="sum")
        rate = float(self.trainer.optimizers[0].param_groups[0]["lr"])
        row = {"epoch": self.current_epoch, "loss": round(float(loss), 9), "lr": rate, "joints": int(joints)}
        self.history.append(row)
        if self.trainer.world_size > 1:
            found: list[dict[int, str]] = [{}] * self.trainer.world_size
            torch.distributed.all_gather_object(found, self.bad)
            self.bad = {index: reason for part in found for index, reason in part.items()}
        self._losses.clear()
        self._joints.clear()
        if self.checkpoint is not None:
            part = self.checkpoint.with_suffix(".part")
            self.trainer.save_checkpoint(part)
            if self.trainer.is_global_zero:
                os.replace(part, self.checkpoint)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """The history survives an interruption."""
        checkpoint["rarepose"] = {"history": self.history, "bad": self.bad}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take the history up again."""
        self.history, self.bad = checkpoint["rarepose"]["history"], checkpoint["rarepose"]["bad"]

    def on_fit_end(self) -> None:
        """Leave the outcome on disk (spawned processes return weights only)."""
        if self.trainer.is_global_zero:
            (self.scratch / OUTCOME).write_text(json.dumps({"history": self.history, "bad": list(self.bad.items())}))


class _Report(pl.Callback):
    """Tells the caller's progress after each step."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.progress, self.total = progress, total

    def on_train_batch_end(
        self, trainer: pl.Trainer, module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.is_global_zero:
            self.progress(trainer.global_step, self.total, loss=float(outputs["loss"]))


def fit(
    network: SimpleBaseline,
    samples: TrainingSet,
    images: ImageStore,
    settings: TrainSettings,
    real: int,
    seed: int,
    device: str = "cpu",
    progress: Progress = silent,
    resume: Path | None = None,
) -> Outcome:
    """Train the network in place.

    Args:
        network: with its initial weights.
        samples: the variant's samples.
        images: where their images are.
        settings: the `train` section.
        real: how many of the samples the baseline has too; they set the number of steps under budget `steps`.
        seed: of order and augmentation.
        device: `cpu`, `cuda` or `cuda:N`.
        progress: called after each step with the loss.
        resume: a folder for checkpoints; an interrupted training with the same settings, samples and seed goes on from its last
            epoch.

    Raises:
        InputError: a batch that the devices cannot share, or a precision that the device lacks.
    """
    _check(settings, device)
    plan = plan_training(settings, len(samples), real)
    data = CropDataset(samples, images, settings, seed)
    with tempfile.TemporaryDirectory() as scratch, torch_state(settings.threads):
        checkpoint = None if resume is None else resume / f"{_signature(settings, samples, seed)}.ckpt"
        if checkpoint is not None:
            checkpoint.parent.mkdir(parents=True, exist_ok=True)
        module = PoseModule(network, data, plan, Path(scratch), checkpoint)
        trainer = _trainer(settings, plan, device, _Report(progress, plan.total), scratch)
        start = str(checkpoint) if checkpoint is not None and checkpoint.is_file() else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trainer.fit(module, ckpt_path=start, weights_only=True)
        outcome = json.loads((Path(scratch) / OUTCOME).read_text())
    if checkpoint is not None:
        checkpoint.unlink(missing_ok=True)
    return Outcome(outcome["history"], {int(i): b for i, b in outcome["bad"]})


def _trainer(settings: TrainSettings, plan: Plan, device: str, report: pl.Callback, scratch: str) -> pl.Trainer:
    for name in ("lightning.pytorch", "lightning.pytorch.utilities.rank_zero"):
        logging.getLogger(name).setLevel(logging.WARNING)
    kind, _, index = device.partition(":")
    devices: int | list[int] = [int(index)] if index and settings.devices == 1 else settings.devices
    return pl.Trainer(
        accelerator="gpu" if kind == "cuda" else "cpu",
        devices=devices,
        strategy="ddp_spawn" if settings.devices > 1 else "auto",
        precision=settings.precision,
        max_epochs=plan.epochs,
        callbacks=[report],
        deterministic=True,
        use_distributed_sampler=False,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=scratch,
    )


def _check(settings: TrainSettings, device: str) -> None:
    if settings.batch_size % settings.devices:
        raise InputError(
            f"train.batch_size = {settings.batch_size} cannot be shared by train.devices = {settings.devices}",
            "make it a multiple",
        )
    if settings.precision == "16-mixed" and not device.startswith("cuda"):
        raise InputError("train.precision = '16-mixed' needs a GPU", "use 32-true or bf16-mixed on a CPU")


def _signature(settings: TrainSettings, samples: TrainingSet, seed: int) -> str:
    digest = hashlib.sha256("\n".join([settings.model_dump_json(), str(seed), *samples.key]).encode())
    for column in (samples.weight, samples.keypoints, samples.bbox_xywh):
        digest.update(column.tobytes())
    return digest.hexdigest()[:16]
