"""The one record into which every data set is read."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int64

from smpl_assets.skeletons import Skeleton


@dataclass(frozen=True)
class ImageRef:
    """One image of a data set: its file name relative to the image root, its size where known (px, else 0), its id."""

    file_name: str
    width: int
    height: int
    image_id: int
    has_person: bool = True


@dataclass(frozen=True)
class PoseTable:
    """N annotated people.

    Coordinates are continuous px: the image spans [0, W] x [0, H], the centre of its top-left pixel is (0.5, 0.5).

    keypoints: (N, J, 2) px, zero where not annotated.
    annotated: (N, J), a location is given (visible or hidden).
    visible: (N, J), annotated and seen.
    bbox_xywh: (N, 4) px.
    center: (N, 2) px and scale: (N,), person side / 200 px: MPII's objpos and scale where the set gives them (no margin,
        no shift), else the middle and longer side of the box.
    head_size: (N,) px, the length that PCKh divides by (MPII: 0.6 x diagonal of the head box); NaN where unknown.
    area: (N,) px^2 of the segment, else of the box.
    image: (N,) index into images.
    person_id, sequence, frame: (N,), -1 where the set has none; sequence indexes sequences.
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
    sequence: Int64[np.ndarray, " people"]
    frame: Int64[np.ndarray, " people"]
    source_id: tuple[str, ...]
    images: tuple[ImageRef, ...]
    sequences: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.keypoints)

    def select(self, rows: np.ndarray) -> PoseTable:
        """The people of the given rows (index or mask); images are kept as they are."""
        index = np.flatnonzero(rows) if rows.dtype == bool else rows
        arrays = {n: getattr(self, n)[index] for n in _ARRAYS}
        return dataclasses.replace(self, **arrays, source_id=tuple(self.source_id[i] for i in index))

    def save(self, path: Path) -> None:
        """Write as one .npz without pickles; the same table gives the same bytes."""
        meta = {
            "skeleton": dataclasses.asdict(self.skeleton),
            "source_id": self.source_id,
            "images": [dataclasses.astuple(i) for i in self.images],
            "sequences": self.sequences,
        }
        text = np.frombuffer(json.dumps(meta, sort_keys=True).encode(), np.uint8)
        np.savez(path, meta=text, **{n: getattr(self, n) for n in _ARRAYS})

    @classmethod
    def load(cls, path: Path) -> PoseTable:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as file:
            meta = json.loads(file["meta"].tobytes())
            arrays = {n: file[n] for n in _ARRAYS}
        kind = meta["skeleton"]
        skeleton = Skeleton(
            kind["name"],
            tuple(kind["keypoints"]),
            tuple((a, b) for a, b in kind["limbs"]),
            tuple(kind["head"]),
            (kind["torso"][0], kind["torso"][1]),
        )
        images = tuple(ImageRef(*row) for row in meta["images"])
        return cls(
            skeleton=skeleton, **arrays, source_id=tuple(meta["source_id"]), images=images, sequences=tuple(meta["sequences"])
        )


_ARRAYS = (
    "keypoints",
    "annotated",
    "visible",
    "bbox_xywh",
    "center",
    "scale",
    "head_size",
    "area",
    "image",
    "person_id",
    "sequence",
    "frame",
)
