"""Many samples on one picture, with their labels drawn on request."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from smpl_assets.archive import ArchiveReader
from smpl_assets.errors import StageError
from smpl_assets.labels import HIDDEN, SEEN, SampleLabel, SampleLabels
from smpl_assets.skeletons import Skeleton, get_skeleton

Image = UInt8[np.ndarray, "height width 3"]


def draw_label(image: Image, label: SampleLabel, skeleton: Skeleton) -> Image:
    """Limbs, keypoints (hidden ones hollow) and the visible box over a copy of the image."""
    drawn = image.copy()
    points = [(round(x * 8), round(y * 8)) for x, y, _ in label.keypoints]
    known = [v > 0 for _, _, v in label.keypoints]
    for a, b in skeleton.limb_indices:
        if known[a] and known[b]:
            cv2.line(drawn, points[a], points[b], (255, 255, 255), 1, cv2.LINE_AA, 3)
    for point, (_, _, v), colour in zip(points, label.keypoints, skeleton.colours, strict=True):
        if v in (SEEN, HIDDEN):
            cv2.circle(drawn, point, 24, colour, -1 if v == SEEN else 1, cv2.LINE_AA, 3)
    x, y, w, h = (round(v) for v in label.bbox)
    cv2.rectangle(drawn, (x, y), (x + w, y + h), (250, 210, 60), 1)
    return drawn


def contact_sheet(folder: Path, columns: int = 8, limit: int = 64, side: int = 192, keypoints: bool = False) -> Image:
    """The first `limit` samples of a render or translate artifact, `columns` a row, each `side` px.

    Raises StageError if the artifact has no samples.
    """
    labels = SampleLabels.load(folder / "labels.npz")
    archive = ArchiveReader(folder / "images.tar")
    skeleton = get_skeleton(labels.skeleton)
    cells = [_cell(archive, label, skeleton, side, keypoints) for label in labels.samples[:limit]]
    if not cells:
        raise StageError(f"{folder}: it holds no samples to show", "rarepose status")
    blank = np.full_like(cells[0], 255)
    cells += [blank] * (-len(cells) % columns)
    return np.concatenate([np.concatenate(cells[i : i + columns], axis=1) for i in range(0, len(cells), columns)])


def _cell(archive: ArchiveReader, label: SampleLabel, skeleton: Skeleton, side: int, keypoints: bool) -> Image:
    data = np.frombuffer(archive.read(f"{label.name}.jpg"), np.uint8)
    image = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), np.uint8)
    shown = draw_label(image, label, skeleton) if keypoints else image
    return np.asarray(cv2.resize(shown, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
