"""What a training draws its batches from, and the order in which it does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from training.augmented.training_set import TrainingSet
from training.train_settings import TrainSettings

NO_REGIONS = torch.empty(0, 4)


class Batch(NamedTuple):
    """One sample, or B of them collated; P = 1 person in a crop.

    image: ([B,] H, W, 3) uint8 RGB. keypoints: ([B,] P, J, 2) px of it. supervised: ([B,] P, J). visible: ([B,] P, J), joints
    that are seen. weight: ([B]) factor on the loss. sample: its index. bad: why its image could not be used, '' if it could.
    regions: ([B,] R, 4) px of it, x0, y0, x1, y1, where the system asked for them.
    """

    image: Tensor
    keypoints: Tensor
    supervised: Tensor
    visible: Tensor
    weight: Tensor
    sample: int | Tensor
    bad: str | Sequence[str]
    regions: Tensor = NO_REGIONS


class Feed(Dataset[Batch]):
    """Item v is visit v of the whole training, in the order of `training.feeds.order`. seed: of the training."""

    samples: TrainingSet
    settings: TrainSettings
    seed: int


class VisitSampler(Sampler[int]):
    """The visits of one epoch, in order; `set_epoch` chooses it. With several devices each takes its slice of every batch."""

    def __init__(self, steps_per_epoch: int, batch_size: int, rank: int = 0, devices: int = 1) -> None:
        self.steps, self.batch, self.rank, self.devices = steps_per_epoch, batch_size, rank, devices
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.steps * self.batch // self.devices

    def __iter__(self) -> Iterator[int]:
        share = self.batch // self.devices
        for step in range(self.epoch * self.steps, (self.epoch + 1) * self.steps):
            first = step * self.batch + self.rank * share
            yield from range(first, first + share)
