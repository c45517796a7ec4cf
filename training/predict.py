"""Poses of all people of a PoseTable with one trained network, ground-truth boxes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from smpl_assets.pose_table import PoseTable
from smpl_assets.progress import Progress, silent
from smpl_assets.skipped import Skipped
from training.decode import decode_heatmaps
from training.evaluate_settings import EvaluateSettings
from training.images import REAL, BadImage, ImageStore
from training.networks.checkpoint import NetworkCard
from training.networks.simple_baseline import SimpleBaseline, normalise
from training.predictions import Predictions
from training.train_settings import STRIDE
from training.transforms import CropMode, apply_affine, crop_matrix, invert, person_region, warp


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
def heatmaps_of(
    network: SimpleBaseline, image: Float[Tensor, "batch 3 height width"], flip: tuple[int, ...] | None
) -> Float[Tensor, "batch joints rows columns"]:
    """Heatmaps; with `flip` (the skeleton's left-right permutation) averaged with those of the mirror image.

    Crops and heatmaps share one continuous frame, so the mirrored map needs no shift by a pixel.
    """
    maps = network(image)
    if flip is None:
        return maps
    mirrored = network(image.flip(3)).flip(3)[:, list(flip)]
    return 0.5 * (maps + mirrored)


def predict(
    network: SimpleBaseline,
    card: NetworkCard,
    table: PoseTable,
    images: ImageStore,
    skipped: Skipped,
    settings: EvaluateSettings,
    device: str = "cpu",
    progress: Progress = silent,
) -> Predictions:
    """Predict every person of the table.

    Args:
        network: ready for inference.
        card: of that network.
        table: the people; their boxes (or MPII's centre and scale) give the crops.
        images: the store of their images.
        skipped: takes the people whose image cannot be used; they are not valid in the result.
        settings: decoding, flip test, batches.
        device: `cpu`, `cuda` or `cuda:N`.
        progress: called per batch.
    """
    joints = len(card.keypoints)
    points, joint_score = np.zeros((len(table), joints, 2)), np.zeros((len(table), joints))
    valid = np.zeros(len(table), bool)
    flip = table.skeleton.flip if settings.flip_test else None
    done = 0
    for batch in _batches(PersonCrops(table, images, card), settings.batch_size, settings.workers):
        maps = heatmaps_of(network, normalise(batch["image"].to(device)), flip).float().cpu()
        found, score = decode_heatmaps(maps, STRIDE, settings.decode)
        for i, row in enumerate(batch["row"].tolist()):
            done += 1
            if batch["bad"][i]:
                name = table.file_name(row)
                skipped.add(batch["bad"][i], name, table.source_id[row])
                continue
            points[row] = apply_affine(invert(batch["matrix"][i].numpy()), found[i].double().numpy())
            joint_score[row], valid[row] = score[i].numpy(), True
        progress(done, len(table))
    skipped.read = int(valid.sum())
    return Predictions(points, joint_score, joint_score.mean(1), valid, np.zeros(len(table), np.int64), (card.variant,))


def _batches(crops: PersonCrops, batch_size: int, workers: int) -> Iterator[dict[str, Any]]:
    yield from DataLoader(crops, batch_size, shuffle=False, num_workers=workers)
