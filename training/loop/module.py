"""Lightning's view of the training of one pose model."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from smpl_assets.checkpoints import Checkpoint
from smpl_assets.seeds import derive_seed
from smpl_assets.shared_memory import loader_workers
from training.codecs.codec import People
from training.feeds.feed import Batch, Feed, VisitSampler
from training.loop.average import MovingAverage
from training.loop.phases import enter, phase_at, step_within
from training.loop.plan import Plan, learning_rate_factor
from training.systems.pixels import normalise
from training.systems.system import Phase, PoseModel, shown

OUTCOME = "outcome.json"
OPTIMISERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adam": partial(torch.optim.AdamW, fused=True),
    "rmsprop": partial(torch.optim.RMSprop, alpha=0.99, eps=1e-8),
    "sgd": partial(torch.optim.SGD, momentum=0.9),
}


class PoseModule(pl.LightningModule):
    """Lightning's view of a training; keeps the history, and writes it down where the caller can read it after a spawn."""

    def __init__(self, model: PoseModel, data: Feed, plan: Plan, scratch: Path, checkpoint: Checkpoint) -> None:
        """`checkpoint`: where the training is kept after each epoch."""
        super().__init__()
        self.network, self.stages = model.network, model.stages
        self.phases, self.guided = model.system.phases, model.system.guided
        self.data, self.plan, self.scratch, self.checkpoint = data, plan, scratch, checkpoint
        self.options = data.settings
        self.average = MovingAverage(model.network, self.options.ema) if self.options.ema else None
        self.history: list[dict[str, float | int]] = []
        self.bad: dict[int, str] = {}
        self._losses: list[Tensor] = []
        self._joints: list[Tensor] = []

    def train_dataloader(self) -> DataLoader[Any]:
        """Batches of this device."""
        devices, workers = self.trainer.world_size, loader_workers(self.options.workers)
        sampler = VisitSampler(self.plan.steps_per_epoch, self.options.batch_size, self.trainer.global_rank, devices)
        return DataLoader(
            self.data, self.options.batch_size // devices, sampler=sampler, num_workers=workers,
            persistent_workers=workers > 0, pin_memory=self.device.type == "cuda",
        )  # fmt: skip

    def on_train_batch_start(self, batch: Any, batch_index: int) -> None:
        """Let only the present phase's parameters learn; what layers draw depends on seed and step, in resumed trainings too."""
        step, rank = self.trainer.global_step, self.trainer.global_rank
        torch.manual_seed(derive_seed(self.data.seed, "layers", step, rank))
        if self.phases:
            enter(self.network, self._phase())

    def training_step(self, batch: Batch, batch_index: int) -> Tensor:
        """The weighted loss of one batch (eq 4.3): sum_i w_i sum_j L_ij / number of supervised parts, over the outputs.

        WLCD's weight multiplies a sample's loss here and nowhere else. A batch without any supervised part has the loss zero.
        """
        regions = batch.regions if batch.regions.numel() else None
        people = People(batch.keypoints, batch.supervised, batch.visible, regions)
        outputs = shown(self.network, self.guided, normalise(batch.image), people)
        counted = self._phase().stages
        loss = joints = torch.zeros((), device=batch.weight.device)
        for index, (stage, output) in enumerate(zip(self.stages, outputs, strict=True)):
            if counted and index not in counted:
                continue
            part = stage.codec.loss(output.float(), stage.codec.targets(people, stage.frame(self.options.input_size)))
            loss = loss + stage.weight * ((batch.weight * part.sum).sum() / part.count.sum().clamp(min=1))
            joints = part.count.sum()
        self._losses.append(loss.detach())
        self._joints.append(joints.long())
        self.bad |= {i: b for i, b in zip(torch.as_tensor(batch.sample).tolist(), batch.bad, strict=True) if b}
        return loss

    def _phase(self) -> Phase:
        """The phase of the present optimisation step."""
        return phase_at(self.phases, (self.trainer.global_step + 0.5) / self.plan.total)

    def configure_optimizers(self) -> Any:
        """The optimiser of the settings with their schedule, stepped once per optimisation step."""
        optimiser = OPTIMISERS[self.options.optimiser](
            self.network.parameters(), lr=self.options.lr, weight_decay=self.options.weight_decay
        )
        total = self.plan.total
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda s: learning_rate_factor(step_within(self.phases, s, total), total, self.options)
        )
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_index: int) -> None:
        """Let the average follow the step."""
        if self.average is not None:
            self.average.update_parameters(self.network)

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
        self.checkpoint.keep(self.trainer.save_checkpoint, leads=self.trainer.is_global_zero)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """The history survives an interruption."""
        checkpoint["rarepose"] = {"history": self.history, "bad": self.bad}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take the history up again."""
        self.history, self.bad = checkpoint["rarepose"]["history"], checkpoint["rarepose"]["bad"]

    def on_fit_end(self) -> None:
        """Make the network its average; leave the outcome on disk (spawned processes return weights only)."""
        if self.average is not None:
            self.average.copy_to(self.network)
        if self.trainer.is_global_zero:
            (self.scratch / OUTCOME).write_text(json.dumps({"history": self.history, "bad": list(self.bad.items())}))
