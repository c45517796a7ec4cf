"""Crops of people with poses over them, on their photograph where there is one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, UInt8

from smpl_assets.drawing.crops import cut_square, plain_square, square_around
from smpl_assets.drawing.palette import PALE, rgb
from smpl_assets.drawing.poses import draw_pose, moved, pose_flags
from smpl_assets.errors import InputError
from smpl_assets.photographs import Photograph
from smpl_assets.pictures import BadImage
from smpl_assets.pose_table import PoseTable
from smpl_assets.skeletons import Skeleton
from training.datasets.image_folder import ImageFolder

Image = UInt8[np.ndarray, "height width 3"]
Square = UInt8[np.ndarray, "side side 3"]


class Photos:
    """The photographs of a table, looked up by name below a folder; without one people are drawn on a plain ground.

    unread: why photographs could not be shown.
    """

    def __init__(self, table: PoseTable, root: Path | None) -> None:
        """InputError if there is no such folder, or none of the images is in it."""
        self.table, self.root, self.unread = table, root, Counter[str]()
        self._found: dict[str, tuple[str, str]] = {}
        if root is not None:
            if not root.is_dir():
                raise InputError(f"{root}: no such folder of images", "leave --images out to do without photographs")
            folder = ImageFolder(root)
            self._found = folder.find(list(table.images.file_name))
            if all(why for _, why in self._found.values()):
                raise InputError(f"{root}: none of the annotated images is here; {folder.told()}", "correct --images")
        self._read = lru_cache(4)(self._read_row)

    def of(self, person: int) -> Image | None:
        """The photograph of a person; None where it cannot be shown."""
        return None if self.root is None else self._read(int(self.table.image[person]))

    def _read_row(self, row: int) -> Image | None:
        path, why = self._found[self.table.images.file_name[row]]
        if not why and self.root is not None:
            width, height = self.table.images.size_wh[row].tolist()
            try:
                return Photograph(self.root / path, (width, height), int(self.table.images.orientation[row])).read()
            except BadImage as error:
                why = str(error)
        self.unread[why] += 1
        return None

    def tiles(
        self, person: int, poses: Sequence[tuple[Float[np.ndarray, "joints 2"], Bool[np.ndarray, " joints"]] | None], side: int
    ) -> list[Square]:
        """The person's crop once with the annotated pose and once with each further one (joints, which are drawn); None: bare."""
        table, annotated = self.table, self.table.annotated[person]
        crop = square_around(_around(table, person))
        photo = self.of(person)
        tile, affine = plain_square(rgb(PALE), crop, side) if photo is None else cut_square(photo, crop, side)
        own = draw_pose(
            tile, table.skeleton, moved(table.keypoints[person], affine), pose_flags(annotated, table.visible[person])
        )
        return [own, *(tile if pose is None else _drawn(tile, table.skeleton, affine, *pose) for pose in poses)]


def _drawn(tile: Square, skeleton: Skeleton, affine: np.ndarray, points: np.ndarray, shown: np.ndarray) -> Square:
    return draw_pose(tile, skeleton, moved(points, affine), pose_flags(shown, shown))


def _around(table: PoseTable, person: int) -> Float[np.ndarray, " 4"]:
    """The box of the annotated joints, of the person where there are none."""
    points = table.keypoints[person][table.annotated[person]]
    if len(points) < 2:
        return np.asarray(table.bbox_xywh[person])
    low, high = points.min(0), points.max(0)
    return np.concatenate([low, high - low])
