"""The `cross_fit` stage: a network trained without one fold of the training people, and what it finds of that fold."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from smpl_assets.archive import write_json
from smpl_assets.errors import StageError
from smpl_assets.pose_table import PoseTable
from smpl_assets.progress import Progress
from smpl_assets.seeds import derive_seed
from smpl_assets.skipped import Skipped
from smpl_assets.work import Bench
from training.augmented.samples import SAMPLES, Samples
from training.cross_fit.check import own_names
from training.cross_fit.errors import PREDICTIONS
from training.cross_fit.folds import draw_folds
from training.evaluate_settings import EvaluateSettings
from training.feeds.images import ImageStore
from training.loop.torch_state import torch_state
from training.poses import Poses
from training.predict import Predictor
from training.recipes import Recipe, Row
from training.systems.checkpoint import load_model
from training.train_settings import TrainSettings
from training.train_stage import AugmentedSet, train_network

VERSION = 1
SKIPPED = "skipped.json"
Rows = Int64[np.ndarray, " people"]


def cross_fit(
    table: PoseTable, image_root: Path, fold: int, folds: int, settings: TrainSettings, bench: Bench, start: Path | None = None
) -> None:
    """Train on everybody outside a fold and find the fold's people in their annotated boxes.

    Writes what `train_network` writes, `predictions.npz` (Poses of the whole table: people of other folds are unusable) and
    `skipped.json` (people whose image is).

    Args:
        table: annotations/train.
        image_root: the folder of its images.
        fold: which one is held out, from 0.
        folds: how many there are.
        settings: of the training (`ErrorSettings.training`).
        bench: its seed is the run's; with a scratch folder an interrupted training goes on from its last epoch.
        start: as for `train_network`.

    Raises:
        InputError: as `draw_folds` and `train_network`.
        StageError: as `train_network`, or no image of the fold can be used.
    """
    fold_of = draw_folds(table, folds, bench.seed)
    others, held = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
    name, told = f"fold-{fold}", _Told(bench.progress, -(-len(held) // settings.batch_size))
    # Within `out`, as in `training/loop/fit.py`: a killed process leaves nothing that nobody would remove.
    with tempfile.TemporaryDirectory(prefix=".", dir=bench.out) as folder, own_names():
        _alike(others).save(Path(folder, SAMPLES))
        augmented = AugmentedSet(table.select(others), image_root, {"real": Path(folder)})
        own = replace(bench, seed=derive_seed(bench.seed, "cross fit", fold), progress=told.training)
        train_network(Row("", name), Recipe(), augmented, settings, own, start)
    skipped = Skipped()
    with torch_state(settings.threads):
        found = _found(replace(bench, progress=told.finding), table.select(held), image_root, settings, skipped)
    if found.unusable.all():
        why = f"cross_fit {name}: none of its {len(held)} people has an image that can be used ({skipped.summary()})"
        raise StageError(why, "check data.train.images")
    unusable = np.ones(len(table), bool)
    unusable[held] = found.unusable
    replace(found, person=held[found.person], unusable=unusable).save(bench.out / PREDICTIONS)
    write_json(bench.out / SKIPPED, skipped.to_json())


class _Told:
    """Progress of a training, and of the batches of people that its network finds."""

    def __init__(self, progress: Progress, batches: int) -> None:
        self.progress, self.batches, self.steps = progress, batches, 0

    def training(self, done: int, total: int, **figures: float) -> None:
        """After a step."""
        self.steps = total
        self.progress(done, total + self.batches, **figures)

    def finding(self, done: int, total: int, **_: float) -> None:
        """After a batch."""
        self.progress(self.steps + done * self.batches // total, self.steps + self.batches)


def _alike(rows: Rows) -> Samples:
    """People none of whom is rare or weighs more, as samples."""
    zeros = np.zeros(len(rows))
    return Samples("real", rows, rows, zeros > 0, zeros.astype(np.int64), zeros, zeros, np.ones(len(rows)))


def _found(bench: Bench, people: PoseTable, image_root: Path, settings: TrainSettings, skipped: Skipped) -> Poses:
    how = EvaluateSettings(workers=settings.workers, max_image_megapixels=settings.max_image_megapixels)
    model, card = load_model(bench.out, people.skeleton, bench.device, how.decode)
    images = ImageStore(image_root, max_megapixels=how.max_image_megapixels)
    return Predictor(model, card, how, bench.device).predict(people, images, skipped, bench.progress)
