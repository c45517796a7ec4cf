"""Training crops: the same person, visit and seed give the same crop, whoever loads it."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch.utils.data import get_worker_info

from smpl_assets.pictures import BadImage
from smpl_assets.seeds import numpy_generator
from smpl_assets.skeletons import Skeleton
from training.augmented.training_set import TrainingSet
from training.codecs.codec import RegionRequest
from training.feeds.feed import NO_REGIONS, Batch, Feed
from training.feeds.half_body import Half, half_region, halves
from training.feeds.images import ImageStore
from training.feeds.jitter import draw_jitter
from training.feeds.order import Order
from training.feeds.photometric import blurred, cut_out, noisy, recolour
from training.feeds.regions import Proposals
from training.feeds.transforms import Box, CropMode, apply_affine, compose, crop_matrix, person_region, warp
from training.feeds.views import FirstCome, Spread, View, view_of
from training.train_settings import TrainSettings


def crop_mode(setting: str, skeleton: Skeleton) -> CropMode:
    """`auto` is the skeleton's own: centre and scale for MPII's, the box for every other."""
    return "center" if (skeleton.crop if setting == "auto" else setting) == "center" else "box"


class CropDataset(Feed):
    """Item v is visit v of the whole training (`Order`); its augmentation comes from seed, sample and pass.

    A sample whose image cannot be used comes back black, without supervision and with the reason in `bad`, so the batch keeps
    its size.
    """

    def __init__(
        self, samples: TrainingSet, images: ImageStore, settings: TrainSettings, seed: int, steps: int,
        regions: RegionRequest | None = None,
    ) -> None:  # fmt: skip
        """`steps`: of the whole training. `regions`: what the system asks for; InputError where OpenCV has no Edge Boxes."""
        self.samples, self.images, self.settings, self.seed = samples, images, settings, seed
        self.mode = crop_mode(settings.crop, samples.skeleton)
        self.flip = settings.flip and samples.skeleton.mirrors
        self.supervised = samples.annotated if settings.supervise == "annotated" else samples.visible
        self.order, self.halves = Order(samples, settings, seed, steps), halves(samples.skeleton)
        self._ranges = _rotation_ranges(samples, settings)
        self._flip = list(samples.skeleton.flip)
        self._views: FirstCome[View] | None = None
        self._proposals = Proposals(regions, settings.input_size, settings.padding) if regions else None

    def __getitem__(self, visit: int) -> Batch:
        index, number = self.order(visit)
        samples, settings = self.samples, self.settings
        rng = numpy_generator(self.seed, "augmentation", number, samples.key[index])
        jitter = draw_jitter(
            rng, settings.scale_range, self._ranges[index], settings.rotation_probability, self.flip, settings.shift,
            settings.colour,
        )  # fmt: skip
        half, region = self._region(index, rng)
        matrix = crop_matrix(region, settings.input_size, settings.padding, jitter)
        keypoints, bad = apply_affine(matrix, samples.keypoints[index]), ""
        supervised, visible = self.supervised[index], samples.visible[index]
        if jitter.flip:
            keypoints, supervised, visible = keypoints[self._flip], supervised[self._flip], visible[self._flip]
        try:
            view = self._view(index, half, region)
            crop = recolour(warp(view.image, compose(matrix, view.matrix), settings.input_size), jitter)
            crop = cut_out(crop, keypoints[supervised], rng, settings.cutout)
            crop = noisy(blurred(crop, rng, settings.blur), rng, settings.noise)
        except BadImage as error:
            view, bad = None, str(error)
            crop, supervised = np.zeros((*settings.input_size, 3), np.uint8), np.zeros_like(supervised)
        regions = NO_REGIONS
        if self._proposals is not None:
            drawn = numpy_generator(self.seed, "regions", number, samples.key[index])
            regions = self._proposals.draw((index, half), view, region, matrix, drawn)
        return Batch(
            torch.from_numpy(crop), torch.from_numpy(keypoints[None].astype(np.float32)),
            torch.from_numpy(np.ascontiguousarray(supervised[None])), torch.from_numpy(np.ascontiguousarray(visible[None])),
            torch.tensor(samples.weight[index], dtype=torch.float32), index, bad, regions,
        )  # fmt: skip

    def _region(self, index: int, rng: np.random.Generator) -> tuple[Half | None, Box]:
        """What a crop is about, xywh px: a drawn half of the person, or (None) all of it."""
        samples = self.samples
        if rng.random() < self.settings.half_body and self.halves:
            half: Half = "upper" if rng.random() < 0.5 else "lower"
            if (region := half_region(samples.keypoints[index], samples.annotated[index], self.halves[half])) is not None:
                return half, region
        return None, person_region(samples.bbox_xywh[index], samples.center[index], float(samples.scale[index]), self.mode)

    def _view(self, index: int, half: Half | None, region: Box) -> View:
        """What crops of a sample are taken from, kept or not, so that what is kept changes no pixel; BadImage without one."""
        if min(region[2:]) <= 0:
            raise BadImage("empty person box")
        samples, settings = self.samples, self.settings

        def make() -> View:
            (width, height), orientation = (int(v) for v in samples.size_wh[index]), int(samples.orientation[index])
            image = self.images.read(samples.kind[index], samples.file_name[index], (width, height), orientation)
            spread = Spread(float(self._ranges[index]), settings.scale_range, settings.shift)
            return view_of(image, region, settings.input_size, settings.padding, spread)

        if self._views is None:  # each loader process has its own
            worker = get_worker_info()
            limit = settings.cache_mb * 2**20 // (settings.devices * (worker.num_workers if worker else 1))
            if self._proposals is not None:
                limit -= self._proposals.keep(limit)
            self._views = FirstCome(limit)
        return self._views.get((index, half), make)


def _rotation_ranges(samples: TrainingSet, settings: TrainSettings) -> Float[np.ndarray, " samples"]:
    """The largest rotation of each sample, degrees."""
    usual, rare, synthetic = settings.rotation_deg, settings.rotation_rare_deg, settings.rotation_synthetic_deg
    real = np.where(samples.rare, usual if rare is None else rare, usual)
    return np.where(samples.real, real, usual if synthetic is None else synthetic).astype(np.float64)
