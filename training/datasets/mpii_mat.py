"""MPII's official `mpii_human_pose_v1_u12_1.mat`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from smpl_assets.errors import InputError
from smpl_assets.skipped import Skipped
from training.datasets.builder import head_size_of_box
from training.datasets.matlab import as_list, field, load_mat, number
from training.datasets.mpii_entry import MpiiEntry


def read_entries(path: Path, split: str | None, skipped: Skipped) -> list[MpiiEntry]:
    """All annotated people of the training images (MPII keeps the test set's annotations).

    The release marks no validation set: `image_list` in the data settings is how one is cut out.

    Raises:
        InputError: not a MATLAB file, or not MPII's release; a validation split is asked for.
    """
    if split == "validation":
        raise InputError(
            f"{path}: MPII's release marks no validation people",
            "give them as .json or .h5, or name the images of each split in data.train.image_list and data.validation.image_list",
        )
    release = load_mat(path).get("RELEASE")
    images, flags = as_list(field(release, "annolist")), as_list(field(release, "img_train"))
    if not images or len(images) != len(flags):
        raise InputError(f"{path}: no RELEASE with annolist and img_train of one length", "give mpii_human_pose_v1_u12_1.mat")
    entries = []
    for number_of_image, (image, in_train) in enumerate(zip(images, flags, strict=True)):
        if not in_train:
            continue
        for position, person in enumerate(as_list(field(image, "annorect"))):
            entries += _entry(image, person, f"{number_of_image}:{position}", path, skipped)
    return entries


def _entry(image: Any, person: Any, source_id: str, path: Path, skipped: Skipped) -> list[MpiiEntry]:
    """One annotated rectangle as a list of one; empty (counted) if it has no points."""
    name = str(field(field(image, "image"), "name") or "")
    points = as_list(field(field(person, "annopoints"), "point"))
    if not points:
        skipped.add("no keypoints", path, f"{source_id} (image {name})")
        return []
    corners = [value for n in ("x1", "y1", "x2", "y2") if (value := number(field(person, n))) is not None]
    head_size = head_size_of_box(corners[2] - corners[0], corners[3] - corners[1]) if len(corners) == 4 else None
    position = field(person, "objpos")
    return [
        MpiiEntry(source_id, name, _joints(points), [number(field(position, "x")), number(field(position, "y"))],
                  number(field(person, "scale")), head_size)
    ]  # fmt: skip


def _joints(points: list[Any]) -> np.ndarray:
    """(16, 3) x, y, visible; zero where the file has no such point. An empty flag means hidden, as in MPII's own toolkit."""
    joints = np.zeros((16, 3))
    for point in points:
        joint = number(field(point, "id"))
        if joint is not None and 0 <= int(joint) < 16:
            x, y = number(field(point, "x")), number(field(point, "y"))
            joints[int(joint)] = (np.nan if x is None else x, np.nan if y is None else y, number(field(point, "is_visible")) or 0)
    return joints
