"""Training one pose model with Lightning: deterministic, resumable, on one device or several."""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch

from smpl_assets.checkpoints import Checkpoint
from smpl_assets.errors import InputError
from smpl_assets.progress import Progress
from smpl_assets.work import Bench
from training.augmented.training_set import TrainingSet
from training.feeds.crops import CropDataset
from training.feeds.images import ImageStore
from training.loop.depthwise import speed_up_depthwise
from training.loop.module import OUTCOME, PoseModule
from training.loop.plan import Plan
from training.loop.precision import Precision, resolve_precision
from training.loop.torch_state import torch_state
from training.systems.system import PoseModel
from training.train_settings import TrainSettings

FEEDS = {"crops": CropDataset}


@dataclass(frozen=True)
class Outcome:
    """What a training left behind besides the weights.

    history: per epoch `{"epoch", "loss", "lr", "joints"}`: mean loss over its steps, learning rate at its end, supervised joints.
    bad: index of a sample whose image could not be used -> reason. precision: that was computed in.
    """

    history: list[dict[str, float | int]]
    bad: dict[int, str]
    precision: Precision


class _Report(pl.Callback):
    """Tells the caller's progress after each step."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.progress, self.total = progress, total

    def on_train_batch_end(
        self, trainer: pl.Trainer, module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.is_global_zero:
            rate = float(trainer.optimizers[0].param_groups[0]["lr"])
            self.progress(trainer.global_step, self.total, loss=float(outputs["loss"]), lr=rate)


def fit(model: PoseModel, samples: TrainingSet, images: ImageStore, plan: Plan, settings: TrainSettings, bench: Bench) -> Outcome:
    """Train the model's network in place.

    Args:
        model: with its initial weights.
        samples: the recipe's samples.
        images: where their images are.
        plan: how long.
        settings: of the network (`TrainSettings.of`).
        bench: its seed is that of order and augmentation; in its scratch folder, where there is one, an interrupted training with
            the same settings, samples and seed goes on from its last epoch.

    Raises:
        InputError: a batch that the devices cannot share, a precision that the device lacks, a system that reads what
            nobody feeds, or Edge Boxes where OpenCV has none.
    """
    precision = resolve_precision(settings.precision, bench.device)
    if settings.batch_size % settings.devices:
        raise InputError(
            f"train.batch_size = {settings.batch_size} cannot be shared by train.devices = {settings.devices}",
            "make it a multiple",
        )
    if model.system.reads not in FEEDS:
        raise InputError(f"train.network = '{settings.network}' reads {model.system.reads}", f"fed are: {', '.join(FEEDS)}")
    model.network.to(memory_format=torch.channels_last)
    if precision == "bf16-mixed" and not bench.device.startswith("cuda"):
        speed_up_depthwise(model.network)
    data = FEEDS[model.system.reads](samples, images, settings, bench.seed, plan.total, model.system.regions)
    # Within `out`: what a killed process leaves in the system's folder nobody would ever remove.
    with tempfile.TemporaryDirectory(prefix=".", dir=bench.out) as scratch, torch_state(settings.threads):
        checkpoint = Checkpoint(bench.scratch, "train", _signature(settings, plan, samples, bench.seed))
        module = PoseModule(model, data, plan, Path(scratch), checkpoint)
        report = _Report(bench.progress, plan.total)
        trainer = _trainer(settings, precision, plan, bench.device, bool(model.system.phases), report, scratch)
        checkpoint.fit(trainer, module)
        outcome = json.loads((Path(scratch) / OUTCOME).read_text())
    return Outcome(outcome["history"], {int(i): b for i, b in outcome["bad"]}, precision)


def _trainer(
    settings: TrainSettings, precision: Precision, plan: Plan, device: str, phased: bool, report: pl.Callback, scratch: str
) -> pl.Trainer:
    """`phased`: at times only a part of the network learns, so several devices must not wait for the others' gradients."""
    for name in ("lightning.pytorch", "lightning.pytorch.utilities.rank_zero"):
        logging.getLogger(name).setLevel(logging.WARNING)
    kind, _, index = device.partition(":")
    devices: int | list[int] = [int(index)] if index and settings.devices == 1 else settings.devices
    several = "ddp_spawn_find_unused_parameters_true" if phased else "ddp_spawn"
    return pl.Trainer(
        accelerator="gpu" if kind == "cuda" else "cpu", devices=devices,
        strategy=several if settings.devices > 1 else "auto", precision=precision, max_epochs=plan.epochs,
        callbacks=[report], deterministic=True, use_distributed_sampler=False, logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, default_root_dir=scratch,
    )  # fmt: skip


def _signature(settings: TrainSettings, plan: Plan, samples: TrainingSet, seed: int) -> str:
    own = settings.model_dump_json(exclude={"networks", "recipes", "seeds", "variants", "workers", "cache_mb"})
    digest = hashlib.sha256("\n".join([own, str(plan), str(seed), *samples.key]).encode())
    for column in (samples.weight, samples.rare, samples.keypoints, samples.bbox_xywh):
        digest.update(column.tobytes())
    return digest.hexdigest()[:16]
