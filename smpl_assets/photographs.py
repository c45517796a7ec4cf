"""A data set's photographs on disk, read alike by everybody who looks at them: training, translation, backgrounds, the report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from smpl_assets.pictures import MAX_MEGAPIXELS, BadImage, decode_image
from smpl_assets.pose_table import ImageTable


@dataclass(frozen=True)
class Photograph:
    """An image file, and how its pixels are meant.

    size_wh: px after turning, zeros where unknown. orientation: the EXIF orientation that its annotations take for granted, 1 for
    pixels as stored; None: nothing was annotated on it, it is shown as its own EXIF data say.
    """

    path: Path
    size_wh: tuple[int, int] = (0, 0)
    orientation: int | None = None

    @classmethod
    def of(cls, images: ImageTable, row: int | np.integer, root: Path) -> Photograph:
        """Row `row` of a table whose file names are relative to `root`."""
        width, height = images.size_wh[row].tolist()
        return cls(root / images.file_name[row], (width, height), int(images.orientation[row]))

    def read(self, max_megapixels: float = MAX_MEGAPIXELS) -> UInt8[np.ndarray, "height width 3"]:
        """RGB; BadImage with the reason where there is none."""
        return decode_image(read_bytes(self.path), max_megapixels, self.size_wh, self.orientation)


def read_bytes(path: Path) -> bytes:
    """An image file's bytes; BadImage where they cannot be had."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadImage("no such image" if isinstance(error, FileNotFoundError) else "not readable") from error


def without_people(images: ImageTable, root: Path) -> tuple[Photograph, ...]:
    """The photographs with nobody on them, in order."""
    return tuple(Photograph.of(images, row, root) for row in np.flatnonzero(~images.has_person))
