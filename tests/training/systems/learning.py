"""How systems are trained and measured on the easy set: 400 batches of 16, Adam, a cosine to zero."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from tests.training.systems.easy_set import SIDE, SKELETON, Figures
from training.codecs.codec import Knobs, People
from training.loop.phases import enter, phase_at, step_within
from training.systems.build import build_model
from training.systems.pixels import normalise
from training.systems.system import PoseModel

STEPS, BATCH = 400, 16


def losses_of(model: PoseModel, image: Tensor, people: People, weight: Tensor, counted: tuple[int, ...] = ()) -> list[Tensor]:
    """Of each output, as the training takes them (`PoseModule.training_step`); zero of those that do not count.

    image: (B, H, W, 3) RGB. counted: all where empty.
    """
    size, losses = (image.shape[1], image.shape[2]), []
    for index, (stage, output) in enumerate(zip(model.stages, model.shown(normalise(image), people), strict=True)):
        if counted and index not in counted:
            losses.append(torch.zeros(()))
            continue
        part = stage.codec.loss(output.float(), stage.codec.targets(people, stage.frame(size)))
        losses.append((weight * part.sum).sum() / part.count.sum().clamp(min=1))
    return losses


def loss_of(model: PoseModel, image: Tensor, people: People, weight: Tensor, counted: tuple[int, ...] = ()) -> Tensor:
    """As the training adds them up."""
    losses = losses_of(model, image, people, weight, counted)
    return torch.stack([stage.weight * loss for stage, loss in zip(model.stages, losses, strict=True)]).sum()


def learn(model: PoseModel, figures: Figures, seed: int = 0, steps: int = STEPS, lr: float = 2e-3) -> None:
    """Train in place."""
    optimiser = torch.optim.Adam(model.network.parameters(), lr)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: 0.5 * (1 + math.cos(math.pi * step_within(model.system.phases, step, steps) / steps))
    )
    generator = torch.Generator().manual_seed(seed)
    model.network.to(memory_format=torch.channels_last).train()
    torch.manual_seed(seed)
    for step in range(steps):
        phase = phase_at(model.system.phases, (step + 0.5) / steps)
        enter(model.network, phase)
        rows = torch.randint(len(figures), (BATCH,), generator=generator)
        loss = loss_of(model, figures.images[rows], figures.people(rows), torch.ones(BATCH), phase.stages)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()


@torch.inference_mode()
def found(model: PoseModel, figures: Figures, stage: int = -1) -> Tensor:
    """Points (N, 14, 2) px that a stage finds."""
    reader = model.stages[stage]
    return reader.codec.decode(outputs_of(model, figures)[stage], reader.frame((SIDE, SIDE))).points


@torch.inference_mode()
def outputs_of(model: PoseModel, figures: Figures) -> list[Tensor]:
    """Every output of a network in use, of all figures."""
    model.network.eval()
    parts = [model(normalise(part)) for part in figures.images.split(100)]
    return [torch.cat(output) for output in zip(*parts, strict=True)]


def pck(points: Tensor, figures: Figures, share: float = 0.2) -> float:
    """Percent of the present joints within a share of the torso."""
    right = (points - figures.keypoints).norm(dim=2) <= share * figures.torso[:, None]
    return 100 * float(right[figures.present].double().mean())


def trained(name: str, figures: Figures, seed: int = 0, sigma: float = 1.5, lr: float = 2e-3, **options: object) -> PoseModel:
    """A system from chance, trained."""
    model = build_model(name, SKELETON, seed, Knobs(sigma=sigma), options=options)
    learn(model, figures, seed, lr=lr)
    return model
