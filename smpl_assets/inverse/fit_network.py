"""Training of the inverse function with Lightning: endless pairs in numbered batches, resumable from its checkpoint."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback, ModelCheckpoint
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from smpl_assets.inverse.losses import total_loss
from smpl_assets.inverse.networks import build_network
from smpl_assets.inverse.pairs import SOURCES, PairSource
from smpl_assets.inverse.settings import InverseSettings
from smpl_assets.progress import Progress
from smpl_assets.seeds import derive_seed
from smpl_assets.work import Bench

CHUNK = 100  # batches per Lightning epoch, after each of which a checkpoint may be taken
FIGURES_EVERY = 20  # batches
_WARM_UP = 0.04


class _Numbers(Dataset[int]):
    """The numbers of some batches; the batches themselves are made from them where they are used."""

    def __init__(self, first: int, count: int) -> None:
        self.first, self.count = first, count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, row: int) -> int:
        return self.first + row


class InverseModule(lightning.LightningModule):
    """One training of the inverse function; `losses` collects its figures."""

    def __init__(self, network: nn.Module, source: PairSource, progress: Progress) -> None:
        super().__init__()
        self.network, self.source, self.report = network, source, progress
        self.rig = source.rig
        self.settings: InverseSettings = source.settings
        self.losses: list[dict[str, float | int]] = []

    def train_dataloader(self) -> DataLoader[int]:
        """The numbers of this epoch's batches; they go on where the last one ended."""
        first = self.current_epoch * CHUNK
        return DataLoader(_Numbers(first, min(CHUNK, self.settings.steps - first)), batch_size=None)

    def training_step(self, item: int, _index: int) -> Tensor:
        """Loss of one numbered batch."""
        number = int(item)
        pairs = self.source.batch(number).to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16):
            guess = self.network(pairs.keypoints, pairs.annotated)
        loss, figures = total_loss(guess, pairs, self.rig, SOURCES[number % len(SOURCES)])
        if number % FIGURES_EVERY == 0 or number == self.settings.steps - 1:
            self.losses.append({"step": number, "loss": float(loss.detach()), **{n: float(v) for n, v in figures.items()}})
            self.report(number + 1, self.settings.steps, loss=float(loss.detach()), joints_mm=1000 * float(figures["joints"]))
        return loss

    def on_fit_start(self) -> None:
        """The rig goes where the network is."""
        self.rig = self.source.rig.to(self.device)

    def configure_optimizers(self) -> Any:
        """AdamW under one cycle."""
        optimiser = torch.optim.AdamW(self.network.parameters(), lr=self.settings.learning_rate, weight_decay=1e-4)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, self.settings.learning_rate, total_steps=self.settings.steps + 1, pct_start=_WARM_UP, cycle_momentum=False
        )
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def on_save_checkpoint(self, checkpoint: dict[str, object]) -> None:
        """Figures travel with the checkpoint."""
        checkpoint["losses"] = self.losses

    def on_load_checkpoint(self, checkpoint: dict[str, object]) -> None:
        """And come back with it."""
        losses = checkpoint["losses"]
        self.losses = list(losses) if isinstance(losses, list) else []


def fit_network(source: PairSource, bench: Bench) -> tuple[nn.Module, list[dict[str, float | int]]]:
    """Train a network on the pairs of `source`.

    With a scratch folder, its state is kept in `inverse.ckpt` there after every hundred steps, and training goes on from it
    where it is there: with the same result as without the interruption.

    Returns:
        The network in evaluation mode on the CPU, and its figures: [{"step", "loss", "joints" (m), ...}].
    """
    settings = source.settings
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(bench.seed, "inverse network"))
        network = build_network(settings, source.rig.shape_size)
    module = InverseModule(network, source, bench.progress)
    checkpoint = bench.scratch / "inverse.ckpt" if bench.scratch else None
    trainer = _trainer(settings.steps, bench.device, checkpoint)
    resume = str(checkpoint) if checkpoint is not None and checkpoint.exists() else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.fit(module, ckpt_path=resume, weights_only=True)
    return network.cpu().eval(), module.losses


def _trainer(steps: int, device: str, checkpoint: Path | None) -> lightning.Trainer:
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    accelerator, _, number = device.partition(":")
    keep: list[Callback] = []
    if checkpoint is not None:
        keep = [
            ModelCheckpoint(
                checkpoint.parent, checkpoint.stem, save_top_k=1, enable_version_counter=False, save_on_train_epoch_end=True
            )
        ]
    return lightning.Trainer(
        accelerator="cpu" if accelerator == "cpu" else "gpu",
        devices=[int(number)] if number else 1,
        max_epochs=-(-steps // CHUNK),
        reload_dataloaders_every_n_epochs=1,
        gradient_clip_val=1.0,
        logger=False,
        enable_checkpointing=checkpoint is not None,
        callbacks=keep,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
    )
