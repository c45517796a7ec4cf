"""Training of the inverse function with Lightning: losses, endless pairs in numbered batches, resumable from its checkpoint."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import lightning
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import smooth_l1_loss
from torch.utils.data import DataLoader, Dataset

from smpl_assets.body.pose import BodyPose
from smpl_assets.camera import project
from smpl_assets.checkpoints import Checkpoint
from smpl_assets.inverse.crop import CROP_PX
from smpl_assets.inverse.networks import Hypotheses, build_network
from smpl_assets.inverse.pairs import SOURCES, Pairs, PairSource, to_shared
from smpl_assets.inverse.rig import Rig, points, pose_rig
from smpl_assets.inverse.settings import InverseSettings
from smpl_assets.progress import Progress
from smpl_assets.seeds import derive_seed
from smpl_assets.skeletons import Skeleton
from smpl_assets.work import Bench

WEIGHTS = {"joints": 10.0, "root": 1.0, "rotations": 1.0, "reprojection": 4.0, "shape": 0.05, "camera": 1.0}
_EVERYONE = 0.08  # share of the loss that all hypotheses carry, so that none is left behind


def hypothesis_losses(
    guess: Hypotheses, pairs: Pairs, rig: Rig, skeleton: Skeleton
) -> dict[str, Float[Tensor, "batch hypotheses"]]:
    """Each term per hypothesis, unweighted.

    joints: mean distance, m, pelvis at the origin, in camera axes. root, rotations: squared chordal distance. reprojection:
    smooth L1 over half the crop, joints that are not annotated included. shape: squared. camera: L1.
    """
    count = guess.shape.shape[1]
    true, focal = pairs.body.repeated(count), pairs.focal.repeat_interleave(count, 0)
    found = BodyPose.at_origin(guess.rotations.flatten(0, 1), guess.shape.flatten(0, 1))
    truth = pose_rig(rig, replace(pairs.body, transl=torch.zeros_like(pairs.body.transl)))
    posed = pose_rig(rig, found)
    spots = to_shared(skeleton, points(rig.attachments[skeleton.name], posed, found.shape))
    placed = spots + guess.transl(pairs.focal).flatten(0, 1)[:, None]
    image = project(placed, torch.stack([focal, focal, torch.zeros_like(focal), torch.zeros_like(focal)], 1))
    wanted = pairs.clean.repeat_interleave(count, 0)
    half = CROP_PX / 2
    terms = {
        "joints": (posed.joints - truth.joints.repeat_interleave(count, 0)).norm(dim=-1).mean(1),
        "root": ((found.global_orient - true.global_orient) ** 2).sum((1, 2)),
        "rotations": ((found.body_pose - true.body_pose) ** 2).sum((2, 3)).mean(1),
        "reprojection": smooth_l1_loss(image / half, wanted / half, reduction="none", beta=0.05).clamp(max=5.0).sum(-1).mean(1),
        "shape": ((found.shape - true.shape) ** 2).mean(1),
        "camera": (guess.camera.flatten(0, 1) - true_camera(true.transl, focal)).abs().sum(1),
    }
    return {name: value.unflatten(0, (-1, count)) for name, value in terms.items()}


def true_camera(transl: Float[Tensor, "batch 3"], focal_px: Float[Tensor, " batch"]) -> Float[Tensor, "batch 3"]:
    """What Hypotheses.camera should say of a body at transl."""
    scale = focal_px / (CROP_PX / 2) / transl[:, 2]
    return torch.cat([transl[:, :2] * scale[:, None], scale.log()[:, None]], 1)


def total_loss(guess: Hypotheses, pairs: Pairs, rig: Rig, skeleton: Skeleton) -> tuple[Float[Tensor, ""], dict[str, Tensor]]:
    """The loss of a batch and figures of its best hypotheses.

    The best hypothesis of each person learns (relaxed winner takes all, Rupprecht et al. 2017); the scores learn which it was.
    """
    terms = hypothesis_losses(guess, pairs, rig, skeleton)
    each = sum((WEIGHTS[name] * value for name, value in terms.items()), torch.zeros(()))
    best = each.argmin(1, keepdim=True)
    share = _EVERYONE if each.shape[1] > 1 else 0.0
    chosen = (1.0 - share) * each.gather(1, best).mean() + share * each.mean()
    loss = chosen - 0.2 * guess.log_score.gather(1, best).mean()
    return loss, {name: value.gather(1, best).mean().detach() for name, value in terms.items()}


CHUNK = 100  # batches per Lightning epoch, after each of which a checkpoint is taken
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
    """One training of the inverse function; `losses` collects its figures, `checkpoint` is replaced after every CHUNK batches."""

    def __init__(self, network: nn.Module, source: PairSource, progress: Progress, checkpoint: Checkpoint) -> None:
        super().__init__()
        self.network, self.source, self.report, self.checkpoint = network, source, progress, checkpoint
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

    def on_train_epoch_end(self) -> None:
        """Keep the training's state."""
        self.checkpoint.keep(self.trainer.save_checkpoint)

    def on_save_checkpoint(self, checkpoint: dict[str, object]) -> None:
        """Figures travel with the checkpoint."""
        checkpoint["losses"] = self.losses

    def on_load_checkpoint(self, checkpoint: dict[str, object]) -> None:
        """And come back with it."""
        losses = checkpoint["losses"]
        self.losses = list(losses) if isinstance(losses, list) else []


def fit_network(source: PairSource, bench: Bench) -> tuple[nn.Module, list[dict[str, float | int]]]:
    """Train a network on the pairs of `source`.

    With a scratch folder, its state is kept there after every hundred steps, and training goes on from it where it is there: with
    the same result as without the interruption.

    Returns:
        The network in evaluation mode on the CPU, and its figures: [{"step", "loss", "joints" (m), ...}].
    """
    settings = source.settings
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(bench.seed, "inverse network"))
        network = build_network(settings, source.rig.shape_size)
    checkpoint = Checkpoint(bench.scratch, "inverse", f"{settings.model_dump_json()} seed {bench.seed}")
    module = InverseModule(network, source, bench.progress, checkpoint)
    checkpoint.fit(_trainer(settings.steps, bench.device), module)
    return network.cpu().eval(), module.losses


def _trainer(steps: int, device: str) -> lightning.Trainer:
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    accelerator, _, number = device.partition(":")
    return lightning.Trainer(
        accelerator="cpu" if accelerator == "cpu" else "gpu", devices=[int(number)] if number else 1,
        max_epochs=-(-steps // CHUNK), reload_dataloaders_every_n_epochs=1, gradient_clip_val=1.0, logger=False,
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False, use_distributed_sampler=False,
    )  # fmt: skip
