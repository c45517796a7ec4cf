"""Training crops: the same person, visit and seed give the same crop, whoever loads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler

from smpl_assets.seeds import derive_seed, numpy_generator
from smpl_assets.skeletons import Skeleton
from training.augmented.training_set import TrainingSet
from training.images import BadImage, ImageStore
from training.train_settings import TrainSettings
from training.transforms import CropMode, apply_affine, crop_matrix, draw_jitter, person_region, recolour, warp


def crop_mode(setting: str, skeleton: Skeleton) -> CropMode:
    """`auto` is the skeleton's own: centre and scale for MPII's, the box for every other."""
    return "center" if (skeleton.crop if setting == "auto" else setting) == "center" else "box"


class CropDataset(Dataset[dict[str, Any]]):
    """Item v is visit v of the whole training: pass v // N over the samples, shuffled by a hash of seed, pass and key.

    Sorting by hash keeps the samples that two variants share in the same order in both. A sample whose image cannot be used
    comes back black, without supervision and with the reason in `bad`, so the batch keeps its size.
    """

    def __init__(self, samples: TrainingSet, images: ImageStore, settings: TrainSettings, seed: int) -> None:
        self.samples, self.images, self.settings, self.seed = samples, images, settings, seed
        self.mode = crop_mode(settings.crop, samples.skeleton)
        self.supervised = samples.annotated if settings.supervise == "annotated" else samples.visible
        self._order: tuple[int, list[int]] = (-1, [])

    def __getitem__(self, visit: int) -> dict[str, Any]:
        number, place = divmod(visit, len(self.samples))
        if self._order[0] != number:
            self._order = (number, self._shuffled(number))
        return self._crop(self._order[1][place], number)

    def _shuffled(self, number: int) -> list[int]:
        keys = self.samples.key
        return sorted(range(len(keys)), key=lambda i: derive_seed(self.seed, "order", number, keys[i]))

    def _crop(self, index: int, number: int) -> dict[str, Any]:
        samples, settings = self.samples, self.settings
        jitter = draw_jitter(
            numpy_generator(self.seed, "augmentation", number, samples.key[index]),
            settings.scale_range,
            settings.rotation_deg,
            settings.rotation_probability,
            settings.flip,
            settings.shift,
            settings.colour,
        )
        region = person_region(samples.bbox_xywh[index], samples.center[index], float(samples.scale[index]), self.mode)
        matrix = crop_matrix(region, settings.input_size, settings.padding, jitter)
        keypoints, supervised, bad = apply_affine(matrix, samples.keypoints[index]), self.supervised[index], ""
        if jitter.flip:
            keypoints, supervised = keypoints[list(samples.skeleton.flip)], supervised[list(samples.skeleton.flip)]
        try:
            if min(region[2:]) <= 0:
                raise BadImage("empty person box")
            width, height = (int(v) for v in samples.size_wh[index])
            image = self.images.read(samples.kind[index], samples.file_name[index], (width, height))
            crop = recolour(warp(image, matrix, settings.input_size), jitter)
        except BadImage as error:
            crop, supervised, bad = np.zeros((*settings.input_size, 3), np.uint8), np.zeros_like(supervised), str(error)
        return {
            "image": torch.from_numpy(crop),
            "keypoints": torch.from_numpy(keypoints.astype(np.float32)),
            "supervised": torch.from_numpy(np.ascontiguousarray(supervised)),
            "weight": torch.tensor(samples.weight[index], dtype=torch.float32),
            "index": index,
            "bad": bad,
        }


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
