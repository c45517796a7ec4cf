"""The two records into which every data set is read: its people and its images."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Bool, Float, Int64

from smpl_assets.columns import Columns, whole
from smpl_assets.skeletons import Skeleton


@dataclass(frozen=True, eq=False)
class ImageTable(Columns):
    """K images of a data set, with and without people.

    file_name: relative to the image root. size_wh: (K, 2) px, 0 where unknown. image_id: (K,), the data set's own.
    orientation: (K,), the EXIF orientation by which the stored pixels are turned before size and annotations hold, 1 as stored.
    has_person: (K,), somebody is or may be on it. labelled: (K,), the people on it are in the annotations (PoseTrack leaves
        frames out).
    sequence: (K,) index into `sequences`, frame: (K,) number within it; -1 where the set has none.
    ignore: regions of each image whose people are not annotated, as COCO segmentations (polygons [[x, y, ...]] in continuous
        px, or run lengths {"size": [H, W], "counts"}): crowds, PoseTrack's regions to ignore.
    """

    file_name: tuple[str, ...]
    size_wh: Int64[np.ndarray, "images 2"]
    image_id: Int64[np.ndarray, " images"]
    orientation: Int64[np.ndarray, " images"]
    has_person: Bool[np.ndarray, " images"]
    labelled: Bool[np.ndarray, " images"]
    sequence: Int64[np.ndarray, " images"]
    frame: Int64[np.ndarray, " images"]
    ignore: tuple[Any, ...]
    sequences: tuple[str, ...] = whole(default=())

    SCHEMA: ClassVar[int] = 2

    @classmethod
    def of(cls, file_name: Sequence[str], **columns: Any) -> ImageTable:
        """Images by name; columns that are not given say that nothing is known, and that there are people.

        Without `image_id` images are counted from 0.
        """
        count = len(file_name)
        defaults: dict[str, Any] = {
            "size_wh": np.zeros((count, 2), np.int64),
            "image_id": np.arange(count, dtype=np.int64),
            "orientation": np.ones(count, np.int64),
            "has_person": np.ones(count, bool),
            "labelled": np.ones(count, bool),
            "sequence": np.full(count, -1, np.int64),
            "frame": np.full(count, -1, np.int64),
            "ignore": ([],) * count,
        }
        return cls(tuple(file_name), **defaults | columns)

    def without_people(self) -> list[str]:
        """The images with nobody on them, in order."""
        return [name for name, peopled in zip(self.file_name, self.has_person, strict=True) if not peopled]

    @classmethod
    def concatenate(cls, parts: Sequence[ImageTable]) -> ImageTable:
        """The images of all parts; their sequences follow each other too."""
        names = tuple(s for part in parts for s in part.sequences)
        starts = np.cumsum([0, *(len(part.sequences) for part in parts)])
        return super().concatenate([
            dataclasses.replace(p, sequence=np.where(p.sequence >= 0, p.sequence + start, -1), sequences=names)
            for p, start in zip(parts, starts[:-1], strict=True)
        ])  # fmt: skip


@dataclass(frozen=True, eq=False)
class PoseTable(Columns):
    """N annotated people.

    Coordinates are continuous px: the image spans [0, W] x [0, H], the centre of its top-left pixel is (0.5, 0.5).

    keypoints: (N, J, 2) px, zero where not annotated.
    annotated: (N, J), a location is given (visible or hidden).
    visible: (N, J), annotated and seen.
    bbox_xywh: (N, 4) px.
    center: (N, 2) px and scale: (N,), person side / 200 px: MPII's objpos and scale where the set gives them (no margin,
        no shift); else the longer side of the box, and the point whose region (15 px x scale below it) is the box's square.
    head_size: (N,) px, the length that PCKh divides by (MPII: 0.6 x diagonal of the head box); NaN where unknown.
    area: (N,) px^2 of the segment, else of the box.
    image: (N,) row of images; of a person's frame say `table.images.frame[table.image]`.
    person_id: (N,), the track within its sequence, -1 where the set has none.
    source_id: (N,) strings, the entry in the source file (annotation id or row).
    """

    skeleton: Skeleton
    keypoints: Float[np.ndarray, "people joints 2"]
    annotated: Bool[np.ndarray, "people joints"]
    visible: Bool[np.ndarray, "people joints"]
    bbox_xywh: Float[np.ndarray, "people 4"]
    center: Float[np.ndarray, "people 2"]
    scale: Float[np.ndarray, " people"]
    head_size: Float[np.ndarray, " people"]
    area: Float[np.ndarray, " people"]
    image: Int64[np.ndarray, " people"]
    person_id: Int64[np.ndarray, " people"]
    source_id: tuple[str, ...]
    images: ImageTable

    def file_name(self, person: int | np.integer) -> str:
        """The image that a person is on."""
        return self.images.file_name[int(self.image[person])]

    @classmethod
    def concatenate(cls, parts: Sequence[PoseTable]) -> PoseTable:
        """The people of all parts, on the images of all parts; StageError where their skeletons differ."""
        images = ImageTable.concatenate([part.images for part in parts])
        starts = np.cumsum([0, *(len(part.images) for part in parts)])
        return super().concatenate([
            dataclasses.replace(part, image=part.image + start, images=images)
            for part, start in zip(parts, starts[:-1], strict=True)
        ])  # fmt: skip
