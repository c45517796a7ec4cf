"""Training crops: the same person, visit and seed give the same crop, whoever loads it."""

from __future__ import annotations

import numpy as np
import torch
from torch.utils.data import get_worker_info

from smpl_assets.pictures import BadImage
from smpl_assets.seeds import derive_seed, numpy_generator
from smpl_assets.skeletons import Skeleton
from training.augmented.training_set import TrainingSet
from training.feeds.feed import Batch, Feed
from training.feeds.images import ImageStore
from training.feeds.jitter import draw_jitter
from training.feeds.photometric import recolour
from training.feeds.transforms import Box, CropMode, apply_affine, compose, crop_matrix, invert, person_region, warp
from training.feeds.views import Spread, View, ViewCache, view_of
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
        self.supervised = samples.annotated if settings.supervise == "annotated" else samples.visible
        self._order: tuple[int, list[int]] = (-1, [])
        self._views: ViewCache | None = None

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
            settings.rotation_deg, settings.rotation_probability, settings.flip, settings.shift, settings.colour,
        )  # fmt: skip
        region = person_region(samples.bbox_xywh[index], samples.center[index], float(samples.scale[index]), self.mode)
        matrix = crop_matrix(region, settings.input_size, settings.padding, jitter)
        keypoints, supervised, bad = apply_affine(matrix, samples.keypoints[index]), self.supervised[index], ""
        if jitter.flip:
            keypoints, supervised = keypoints[list(samples.skeleton.flip)], supervised[list(samples.skeleton.flip)]
        try:
            view = self._view(index, region)
            crop = recolour(warp(view.image, compose(matrix, invert(view.matrix)), settings.input_size), jitter)
        except BadImage as error:
            crop, supervised, bad = np.zeros((*settings.input_size, 3), np.uint8), np.zeros_like(supervised), str(error)
        return Batch(
            torch.from_numpy(crop), torch.from_numpy(keypoints[None].astype(np.float32)),
            torch.from_numpy(np.ascontiguousarray(supervised[None])),
            torch.tensor(samples.weight[index], dtype=torch.float32), index, bad,
        )  # fmt: skip

    def _view(self, index: int, region: Box) -> View:
        """What crops of a sample are taken from, kept or not, so that what is kept changes no pixel; BadImage without one."""
        if min(region[2:]) <= 0:
            raise BadImage("empty person box")
        samples, settings = self.samples, self.settings

        def make() -> View:
            width, height = (int(v) for v in samples.size_wh[index])
            image = self.images.read(samples.kind[index], samples.file_name[index], (width, height))
            spread = Spread(settings.rotation_deg, settings.scale_range, settings.shift)
            return view_of(image, region, settings.input_size, settings.padding, spread)

        if self._views is None:  # each loader process has its own
            worker = get_worker_info()
            self._views = ViewCache(settings.cache_mb * 2**20 // (settings.devices * (worker.num_workers if worker else 1)))
        return self._views.get(index, make)
