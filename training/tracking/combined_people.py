"""People of the augmented set, as D_S of the combined tracker learns from them beside the films: the variants of `train`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import default_collate

from smpl_assets.errors import StageError
from smpl_assets.pose_table import PoseTable
from smpl_assets.skeletons import Skeleton
from training.augmented.samples import IMAGES
from training.augmented.training_set import TrainingSet, load_part, training_set
from training.feeds.crops import CropDataset
from training.feeds.images import ImageStore
from training.recipes import Recipe
from training.start.weights import matched
from training.tracking.combined_settings import CombinedOptions
from training.tracking.pose_crops import PoseCrops
from training.train_settings import TrainSettings


@dataclass(frozen=True)
class AugmentedPeople:
    """What a variant shows (`samples`), where its images are, and what it changes (`recipe`)."""

    samples: TrainingSet
    images: ImageStore
    recipe: Recipe


def read_people(table: PoseTable, image_root: Path, kinds: Mapping[str, Path], recipe: Recipe) -> AugmentedPeople:
    """What a recipe shows of the augmented set; StageError where that is nothing.

    Args:
        table: annotations/train.
        image_root: the folder of its images.
        kinds: kind -> the folder of its unit of `augment`.
        recipe: of the variant.
    """
    added = {kind: load_part(kinds[kind]) for kind in recipe.kinds[1:]}
    samples = training_set(load_part(kinds["real"], table), added, recipe)
    return AugmentedPeople(samples, ImageStore(image_root, {kind: kinds[kind] / IMAGES for kind in added}), recipe)


class PeopleFeed:
    """Batches of crops, as pose networks are fed (`train`'s own defaults of augmentation), with the joints of a skeleton."""

    def __init__(self, people: AugmentedPeople, skeleton: Skeleton, options: CombinedOptions, seed: int) -> None:
        """StageError where the people have no joint of the skeleton's."""
        own = {"input_size": options.input_size, "batch_size": options.batch_size, "padding": options.padding}
        settings = TrainSettings(**own | people.recipe.rotation)
        self._crops = CropDataset(people.samples, people.images, settings, seed, options.steps)
        self._size, known = options.batch_size, people.samples.skeleton
        rows = matched(skeleton.keypoints, known.keypoints)
        if all(row is None for row in rows):
            what = f"track_train: people of {known.name} have no joint of {skeleton.name}"
            raise StageError(what, 'track.combined.variant = "" learns from the films alone')
        self._rows = torch.tensor([len(known) if row is None else row for row in rows])

    def __call__(self, step: int) -> PoseCrops:
        """The batch of a step of the training: the same whenever it is asked for."""
        crops = default_collate([self._crops[step * self._size + n] for n in range(self._size)])
        points = torch.where(crops.supervised[..., None], crops.keypoints, np.nan)
        nowhere = torch.full_like(points[:, :, :1], np.nan)
        return PoseCrops(crops.image, torch.cat([points, nowhere], 2)[:, :, self._rows], crops.weight)
