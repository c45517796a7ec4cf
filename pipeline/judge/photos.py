"""Crops of people with poses over them, on their photograph where there is one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, UInt8

from smpl_assets.drawing.crops import cut_square, plain_square, square_around
from smpl_assets.drawing.palette import PALE, rgb
from smpl_assets.drawing.poses import draw_pose, moved, pose_flags
from smpl_assets.errors import InputError
from smpl_assets.photographs import Photograph
from smpl_assets.pictures import BadImage, read_header
from smpl_assets.pose_table import PoseTable
from smpl_assets.skeletons import Skeleton
from training.datasets.image_folder import ImageFolder
from training.datasets.image_sizes import Reading, Seen, decide

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
        try:
            return self._photograph(row).read()
        except BadImage as error:
            self.unread[str(error)] += 1
            return None

    def _photograph(self, row: int) -> Photograph:
        """The file of an image, turned as it was annotated; BadImage with the reason where there is none."""
        path, said = self._path(row), int(self.table.images.orientation[row])
        if said > 1:
            width, height = self.table.images.size_wh[row].tolist()
            return Photograph(path, (width, height), said)
        reading = self._reading(row)
        if reading.refused:
            raise BadImage(reading.refused)
        return Photograph(path, reading.size_wh, reading.orientation)

    def _path(self, row: int) -> Path:
        path, why = self._found[self.table.images.file_name[row]]
        if why or self.root is None:
            raise BadImage(why)
        return self.root / path

    def _reading(self, row: int) -> Reading:
        """How an image is to be read; the headers of all are only looked at where its own leaves something open."""
        alone = decide([self._seen(row)])[0]
        return self._readings.get(row, alone) if alone.note or alone.refused else alone

    @cached_property
    def _readings(self) -> dict[int, Reading]:
        """How the images of the table are to be read, those that are there."""
        seen: dict[int, Seen] = {}
        for row in range(len(self.table.images)):
            with suppress(BadImage):
                seen[row] = self._seen(row)
        return dict(zip(seen, decide(list(seen.values())), strict=True))

    def _seen(self, row: int) -> Seen:
        width, height = self.table.images.size_wh[row].tolist()
        x, y = self._reach[row].tolist()
        return Seen(read_header(self._path(row)), (width, height) if width and height else None, (x, y) if x or y else None)

    @cached_property
    def _reach(self) -> Float[np.ndarray, "images 2"]:
        """The farthest annotated joint (x, y) of each image in px, zeros where there is none."""
        table, reach = self.table, np.zeros((len(self.table.images), 2))
        np.maximum.at(reach, table.image, np.where(table.annotated[..., None], table.keypoints, 0.0).max(1))
        return reach

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
