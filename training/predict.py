"""The poses that a trained network finds in the annotated boxes of people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from smpl_assets.pictures import BadImage
from smpl_assets.pose_table import PoseTable
from smpl_assets.progress import Progress, silent
from smpl_assets.shared_memory import loader_workers
from smpl_assets.skipped import Skipped
from training.codecs.codec import Found
from training.evaluate_settings import EvaluateSettings
from training.feeds.images import REAL, ImageStore
from training.feeds.transforms import CropMode, apply_affine, crop_matrix, invert, person_region, warp
from training.poses import Poses
from training.systems.checkpoint import NetworkCard
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
        image, orientation = int(table.image[row]), int(table.images.orientation[table.image[row]])
        width, height = table.images.size_wh[image].tolist()
        region = person_region(table.bbox_xywh[row], table.center[row], float(table.scale[row]), self.mode)
        crop, matrix, bad = np.zeros((*size, 3), np.uint8), np.eye(2, 3), ""
        try:
            if not (np.isfinite(region).all() and min(region[2:]) > 0):
                raise BadImage("empty person box")
            matrix = crop_matrix(region, size, self.card.padding)
            crop = warp(self.images.read(REAL, table.file_name(row), (width, height), orientation), matrix, size)
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
        for batch in DataLoader(crops, self.settings.batch_size, num_workers=loader_workers(self.settings.workers)):
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
        skeleton = self.model.skeleton
        flip = skeleton.flip if self.settings.flip_test and skeleton.mirrors else None
        output = last_output(self.model, normalise(image.to(self.device)), flip).float().cpu()
        return self.model.last.codec.decode(output, self.model.last.frame(self.card.input_size))
