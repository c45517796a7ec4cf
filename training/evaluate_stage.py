"""The `evaluate` stage: one row of the result table, from the poses of the people in their annotated boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from smpl_assets.archive import write_json
from smpl_assets.errors import StageError
from smpl_assets.pictures import BadImage
from smpl_assets.pose_table import PoseTable
from smpl_assets.progress import Progress, silent
from smpl_assets.skipped import Skipped
from smpl_assets.work import Bench
from training.codecs.codec import Found
from training.evaluate_settings import EvaluateSettings
from training.feeds.images import REAL, ImageStore
from training.feeds.transforms import CropMode, apply_affine, crop_matrix, invert, person_region, warp
from training.loop.torch_state import torch_state
from training.metrics.evaluate import Validation, evaluate_poses
from training.metrics.match import match_people
from training.poses import Poses, divide_and_conquer
from training.recipes import DACP, Row, predictions_file
from training.systems.checkpoint import NetworkCard, load_model
from training.systems.pixels import normalise
from training.systems.system import PoseModel


class PersonCrops(Dataset[dict[str, Any]]):
    """The crop of each person, without augmentation; a person whose image cannot be used is black, with the reason in `bad`."""

    def __init__(self, table: PoseTable, images: ImageStore, card: NetworkCard) -> None:
        self.table, self.images, self.card = table, images, card
        self.mode: CropMode = "center" if card.crop == "center" else "box"

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, row: int) -> dict[str, Any]:
        table, size = self.table, self.card.input_size
        width, height = table.images.size_wh[table.image[row]].tolist()
        region = person_region(table.bbox_xywh[row], table.center[row], float(table.scale[row]), self.mode)
        crop, matrix, bad = np.zeros((*size, 3), np.uint8), np.eye(2, 3), ""
        try:
            if not (np.isfinite(region).all() and min(region[2:]) > 0):
                raise BadImage("empty person box")
            matrix = crop_matrix(region, size, self.card.padding)
            crop = warp(self.images.read(REAL, table.file_name(row), (width, height)), matrix, size)
        except BadImage as error:
            bad = str(error)
        return {"image": torch.from_numpy(crop), "matrix": torch.from_numpy(matrix), "row": row, "bad": bad}


@torch.inference_mode()
def last_output(
    model: PoseModel, image: Float[Tensor, "batch 3 height width"], flip: tuple[int, ...] | None
) -> Float[Tensor, "batch ..."]:
    """The decoded output; with `flip` (the skeleton's left-right permutation) averaged with what the mirror image gives."""
    output = model(image)[-1]
    if flip is None:
        return output
    return 0.5 * (output + model.last.codec.mirror(model(image.flip(3))[-1], flip))


@dataclass(frozen=True)
class Predictor:
    """A trained model on a device, with what evaluation asks of it."""

    model: PoseModel
    card: NetworkCard
    settings: EvaluateSettings
    device: str = "cpu"

    def predict(self, table: PoseTable, images: ImageStore, skipped: Skipped, progress: Progress = silent) -> Poses:
        """Every person of the table, in the crop of its box (or MPII's centre and scale).

        Args:
            table: the people.
            images: the store of their images.
            skipped: takes the people whose image cannot be used.
            progress: called per batch.
        """
        joints = len(self.card.keypoints)
        points, joint_score = np.zeros((len(table), joints, 2)), np.zeros((len(table), joints))
        valid, done = np.zeros(len(table), bool), 0
        crops = PersonCrops(table, images, self.card)
        for batch in DataLoader(crops, self.settings.batch_size, shuffle=False, num_workers=self.settings.workers):
            found = self._found(batch["image"])
            for i, row in enumerate(batch["row"].tolist()):
                done += 1
                if batch["bad"][i]:
                    skipped.add(batch["bad"][i], table.file_name(row), table.source_id[row])
                    continue
                points[row] = apply_affine(invert(batch["matrix"][i].numpy()), found.points[i].double().numpy())
                joint_score[row], valid[row] = found.score[i].numpy(), True
            progress(done, len(table))
        skipped.read = int(valid.sum())
        rows = np.flatnonzero(valid)
        return Poses(
            image=table.image[rows], keypoints=points[rows], joint_score=joint_score[rows], score=joint_score[rows].mean(1),
            bbox_xywh=table.bbox_xywh[rows], person=rows, track=np.full(len(rows), -1), network=np.zeros(len(rows), np.int64),
            unusable=~valid, networks=(self.card.variant,),
        )  # fmt: skip

    def _found(self, image: Tensor) -> Found:
        flip = self.model.skeleton.flip if self.settings.flip_test else None
        output = last_output(self.model, normalise(image.to(self.device)), flip).float().cpu()
        return self.model.last.codec.decode(output, self.model.last.frame(self.card.input_size))


VERSION = 2
METRICS = "metrics.json"


def evaluate_row(
    row: Row,
    trained: Sequence[Sequence[Path]],
    people: Validation,
    baseline: Path | None,
    settings: EvaluateSettings,
    bench: Bench,
) -> None:
    """Predict the validation people, measure, and write predictions.npz (one file per training) and metrics.json.

    Args:
        row: a trained row, or `dacp`.
        trained: per training (seed) of the row the folders of its networks: one, DACP's two.
        people: annotations/validation and their rarity; ground-truth boxes are used.
        baseline: the folder that this function wrote for the row to compare with, or None (then there are no differences).
        settings: the `evaluate` section.
        bench: its seed is that of the bootstrap.

    Raises:
        StageError: a network of another skeleton, no image could be used, or rarity and people do not match.
    """
    if len(people.scores) != len(people.table):
        raise StageError(
            f"evaluate {row.name}: {len(people.scores)} rarity scores for {len(people.table)} people", "rarepose verify --deep"
        )
    found, skipped = [], Skipped()
    total = sum(map(len, trained)) * len(people.table)
    with torch_state(settings.threads):
        for index, folders in enumerate(trained):
            shown = _Shifted(bench.progress, sum(map(len, trained[:index])) * len(people.table), total)
            poses, skipped = _found(row, folders, people, settings, bench.device, shown)
            if poses.unusable.all():
                why = f"evaluate {row.name}: no image of the validation set could be used ({skipped.summary()})"
                raise StageError(why, "check data.validation.images")
            poses.save(bench.out / predictions_file(index))
            found.append(match_people(poses, people.table))
    other = None
    if baseline is not None:
        files = [baseline / predictions_file(index) for index in range(len(trained))]
        other = [match_people(Poses.load(file), people.table) for file in files]
    metrics = evaluate_poses(row, found, other, people, settings, bench.seed)
    write_json(bench.out / METRICS, metrics | {"skipped": vars(skipped)})


class _Shifted:
    """Progress of one of several passes."""

    def __init__(self, progress: Progress, first: int, total: int) -> None:
        self.progress, self.first, self.total = progress, first, total

    def __call__(self, done: int, total: int, **figures: float) -> None:
        self.progress(self.first + done, self.total, **figures)


def _found(
    row: Row, folders: Sequence[Path], people: Validation, settings: EvaluateSettings, device: str, progress: _Shifted
) -> tuple[Poses, Skipped]:
    """The poses of one training of a row, and the people that could not be looked at."""
    images = ImageStore(people.image_root, max_megapixels=settings.max_image_megapixels)
    found, skipped = [], Skipped()
    for number, folder in enumerate(folders):
        skipped = Skipped()
        model, card = load_model(folder, people.table.skeleton, device, settings.decode)
        shown = _Shifted(progress.progress, progress.first + number * len(people.table), progress.total)
        found.append(Predictor(model, card, settings, device).predict(people.table, images, skipped, shown))
    return (divide_and_conquer(*found) if row.recipe == DACP else found[0]), skipped
