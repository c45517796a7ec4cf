"""How long a training is, and its learning rate on the way."""

from __future__ import annotations

import math
from dataclasses import dataclass

from training.train_settings import TrainSettings


@dataclass(frozen=True)
class Plan:
    """How long a training is: epochs of equally many optimisation steps."""

    epochs: int
    steps_per_epoch: int

    @property
    def total(self) -> int:
        """Optimisation steps."""
        return self.epochs * self.steps_per_epoch


def plan_training(settings: TrainSettings, samples: int, real: int, longer: float = 1.0) -> Plan:
    """`epochs` passes over the real people (budget `steps`: the same number of steps for every variant) or over all samples.

    `longer` is the recipe's factor on the epochs.
    """
    basis = real if settings.budget == "steps" else samples
    return Plan(max(1, round(settings.epochs * longer)), max(1, math.ceil(basis / settings.batch_size)))


def learning_rate_factor(step: int | float, total: int, settings: TrainSettings) -> float:
    """The schedule's factor on lr at an optimisation step."""
    share = step / total
    if share < settings.warmup:
        return 0.1 + 0.9 * share / settings.warmup
    if settings.schedule == "step":
        return settings.gamma ** sum(share >= m for m in settings.milestones)
    if settings.schedule == "constant":
        return 1.0
    flat = max(settings.warmup, settings.flat if settings.schedule == "flat-cosine" else 0.0)
    return 1.0 if share < flat else 0.5 * (1 + math.cos(math.pi * (share - flat) / (1 - flat)))
