"""Many samples on one picture, with their labels drawn on request."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from smpl_assets.archive import ArchiveReader
from smpl_assets.drawing.poses import draw_pose
from smpl_assets.drawing.sheets import sheet
from smpl_assets.errors import StageError
from smpl_assets.labels import SampleLabel, SampleLabels
from smpl_assets.pictures import decode_image
from smpl_assets.skeletons import Skeleton

Image = UInt8[np.ndarray, "height width 3"]


def draw_label(image: Image, label: SampleLabel, skeleton: Skeleton) -> Image:
    """Limbs, keypoints (hidden ones hollow) and the visible box over a copy of the image."""
    rows = np.asarray(label.keypoints, np.float64)
    drawn = draw_pose(image, skeleton, rows[:, :2], rows[:, 2].astype(np.int64))
    x, y, w, h = (round(v) for v in label.bbox)
    return cv2.rectangle(drawn, (x, y), (x + w, y + h), (250, 210, 60), 1)


def contact_sheet(folder: Path, columns: int = 8, limit: int = 64, side: int = 192, keypoints: Skeleton | None = None) -> Image:
    """The first `limit` samples of a render or translate artifact, `columns` a row, each `side` px.

    keypoints: draw the labels, which are in this skeleton. Raises StageError if the artifact has no samples.
    """
    labels = SampleLabels.load(folder / "labels.npz")
    archive = ArchiveReader(folder / "images.tar")
    cells = [_cell(archive, label, side, keypoints) for label in labels.samples[:limit]]
    if not cells:
        raise StageError(f"{folder}: it holds no samples to show", "rarepose status")
    return sheet(cells, columns, gap=0)


def _cell(archive: ArchiveReader, label: SampleLabel, side: int, keypoints: Skeleton | None) -> Image:
    image = decode_image(archive.read(f"{label.name}.jpg"))
    shown = draw_label(image, label, keypoints) if keypoints else image
    return np.asarray(cv2.resize(shown, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
