"""Training crops: the same person, visit and seed give the same crop, whoever loads it."""

from __future__ import annotations

import numpy as np
import torch

from smpl_assets.pictures import BadImage
from smpl_assets.seeds import derive_seed, numpy_generator
from smpl_assets.skeletons import Skeleton
from training.augmented.training_set import TrainingSet
from training.feeds.feed import Batch, Feed
from training.feeds.images import ImageStore
from training.feeds.transforms import CropMode, apply_affine, crop_matrix, draw_jitter, person_region, recolour, warp
from training.train_settings import TrainSettings


def crop_mode(setting: str, skeleton: Skeleton) -> CropMode:
    """`auto` is the skeleton's own: centre and scale for MPII's, the box for every other."""
    return "center" if (skeleton.crop if setting == "auto" else setting) == "center" else "box"


class CropDataset(Feed):
    """Item v is visit v of the whole training: pass v // N over the samples, shuffled by a hash of seed, pass and key.

    Sorting by hash keeps the samples that two variants share in the same order in both. A sample whose image cannot be used
    comes back black, without supervision and with the reason in `bad`, so the batch keeps its size.
    """

    def __init__(self, samples: TrainingSet, images: ImageStore, settings: TrainSettings, seed: int) -> None:
        self.samples, self.images, self.settings, self.seed = samples, images, settings, seed
        self.mode = crop_mode(settings.crop, samples.skeleton)
        self.flip = settings.flip and samples.skeleton.mirrors
        self.supervised = samples.annotated if settings.supervise == "annotated" else samples.visible
        self._order: tuple[int, list[int]] = (-1, [])

    def __getitem__(self, visit: int) -> Batch:
        number, place = divmod(visit, len(self.samples))
        if self._order[0] != number:
            self._order = (number, self._shuffled(number))
        return self._crop(self._order[1][place], number)

    def _shuffled(self, number: int) -> list[int]:
        keys = self.samples.key
        return sorted(range(len(keys)), key=lambda i: derive_seed(self.seed, "order", number, keys[i]))

    def _crop(self, index: int, number: int) -> Batch:
        samples, settings = self.samples, self.settings
        jitter = draw_jitter(
            numpy_generator(self.seed, "augmentation", number, samples.key[index]), settings.scale_range,
            settings.rotation_deg, settings.rotation_probability, self.flip, settings.shift, settings.colour,
        )  # fmt: skip
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
        return Batch(
            torch.from_numpy(crop), torch.from_numpy(keypoints[None].astype(np.float32)),
            torch.from_numpy(np.ascontiguousarray(supervised[None])),
            torch.tensor(samples.weight[index], dtype=torch.float32), index, bad,
        )  # fmt: skip
