"""Labels of synthetic images: exact keypoints, boxes, segmentation of everybody on them, and how each was made."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int64
from pycocotools import mask as coco_mask

from smpl_assets.columns import Columns
from smpl_assets.skeletons import Skeleton

SEEN, HIDDEN, OUTSIDE = 2, 1, 0
REPETITIONS = 1000
_SPOOLED = 256


def sample_id_of(person: int, repetition: int) -> int:
    """The id of a synthetic image, unique over the run: from the pose table's row, and which of its images this is (from 0)."""
    return person * REPETITIONS + repetition


def source_of(sample_id: int) -> tuple[int, int]:
    """Inverse of `sample_id_of`: (person, repetition)."""
    return divmod(sample_id, REPETITIONS)


@dataclass(frozen=True, eq=False)
class SampleLabels(Columns):
    """S people of synthetic images, sorted by sample id: of each image its subject, then the others on it.

    sample_id: (S,) of the image. subject: (S,), the image was made for this person; of others some columns are not known (NaN).
    source_person: (S,) row of the pose table that the image was made from; source_annotation: its entry in the source file.
    width, height: (S,) px of the image.
    keypoints: (S, J, 3) as x, y in continuous px and v: 2 seen, 1 hidden but in the frame, 0 outside, where all three are 0.
    bbox, bbox_amodal: (S, 4) xywh of the visible pixels, and of the whole body clipped to nothing.
    segmentation: COCO run lengths {"size": [H, W], "counts": str} of the visible pixels; area: (S,) their number.
    keypoints_3d: (S, J, 3) m, camera frame.
    global_orient, body_pose: (S, 3) and (S, 23, 3) axis-angle; shape: (S, numbers); transl: (S, 3) m.
    intrinsics: (S, 4) fx, fy, cx, cy in px of this image. seed: (S,), of everything drawn for it. texture, background: names.
    variation: what of the pose was varied, words joined by + (`smpl_assets.render.studio.drafts`; `fit`: nothing). pose: label
        of the pool's pose that was taken for it (`extreme/front split`), '' where the pose is the source person's. rarity: (S,)
        score of a pose that was drawn rather than found (docs/fill.md), else NaN; its source_person is no row of the table.
    drift_px, kept, kept_reason: (S,) what translation did to the image's labels; NaN, True and '' before it.
    skeleton, body: names, of the J keypoints and of the body model.
    """

    SCHEMA = 2

    sample_id: Int64[np.ndarray, " people"]
    subject: Bool[np.ndarray, " people"]
    source_person: Int64[np.ndarray, " people"]
    source_annotation: tuple[str, ...]
    width: Int64[np.ndarray, " people"]
    height: Int64[np.ndarray, " people"]
    keypoints: Float[np.ndarray, "people joints 3"]
    bbox: Float[np.ndarray, "people 4"]
    bbox_amodal: Float[np.ndarray, "people 4"]
    segmentation: tuple[Any, ...]
    area: Float[np.ndarray, " people"]
    keypoints_3d: Float[np.ndarray, "people joints 3"]
    global_orient: Float[np.ndarray, "people 3"]
    body_pose: Float[np.ndarray, "people 23 3"]
    shape: Float[np.ndarray, "people numbers"]
    transl: Float[np.ndarray, "people 3"]
    intrinsics: Float[np.ndarray, "people 4"]
    texture: tuple[str, ...]
    background: tuple[str, ...]
    variation: tuple[str, ...]
    pose: tuple[str, ...]
    rarity: Float[np.ndarray, " people"]
    seed: Int64[np.ndarray, " people"]
    drift_px: Float[np.ndarray, " people"]
    kept: Bool[np.ndarray, " people"]
    kept_reason: tuple[str, ...]
    skeleton: str
    body: str

    @classmethod
    def of(cls, skeleton: Skeleton, body: str, people: Sequence[Mapping[str, Any]]) -> SampleLabels:
        """Rows from values by column name; those that are not given are not known."""
        numbers = max((len(p["shape"]) for p in people if "shape" in p), default=0)
        names = ("source_annotation", "texture", "background", "variation", "pose", "kept_reason")
        plain = {"segmentation": None, **dict.fromkeys(names, "")}
        whole = {"subject": False, "kept": True, **dict.fromkeys(("sample_id", "source_person", "width", "height", "seed"), 0)}
        shapes = {
            **dict.fromkeys(("area", "rarity", "drift_px"), ()),
            **dict.fromkeys(("keypoints", "keypoints_3d"), (len(skeleton), 3)),
            **dict.fromkeys(("bbox", "bbox_amodal", "intrinsics"), (4,)),
            **dict.fromkeys(("global_orient", "transl"), (3,)),
            **{"body_pose": (23, 3), "shape": (numbers,)},
        }
        columns: dict[str, Any] = {n: tuple(p.get(n, value) for p in people) for n, value in plain.items()}
        columns |= {n: np.array([p.get(n, value) for p in people], type(value)) for n, value in whole.items()}
        for name, shape in shapes.items():
            values = [np.asarray(p[name], np.float64) if name in p else np.full(shape, np.nan) for p in people]
            columns[name] = np.stack(values) if values else np.zeros((0, *shape))
        return cls(**columns, skeleton=skeleton.name, body=body)

    @cached_property
    def samples(self) -> tuple[SampleLabel, ...]:
        """The images' subjects, one row each."""
        return tuple(SampleLabel(self, int(row)) for row in np.flatnonzero(self.subject))

    def others(self, sample_id: int) -> list[SampleLabel]:
        """The other people of an image."""
        return [SampleLabel(self, int(row)) for row in np.flatnonzero((self.sample_id == sample_id) & ~self.subject)]


class SampleLabel:
    """A row of SampleLabels: its values by the names of the columns."""

    def __init__(self, labels: SampleLabels, row: int) -> None:
        self.labels, self.row = labels, row

    def __getattr__(self, name: str) -> Any:
        if name not in SampleLabels.column_names():
            raise AttributeError(f"a label has no {name}")
        value = getattr(self.labels, name)[self.row]
        return value.item() if isinstance(value, np.generic) else value

    @property
    def name(self) -> str:
        """The 12-digit stem of the sample's files."""
        return f"{self.sample_id:012d}"


class LabelWriter:
    """Takes the labels of images in any order and leaves `labels.npz`, sorted by sample id.

    Until it is closed most of them lie in a scratch folder beside it, so that memory does not grow with the shard. If an error
    ends the `with` block, neither is left.
    """

    def __init__(self, path: Path, skeleton: Skeleton, body: str) -> None:
        self.path, self.skeleton, self.body = path, skeleton, body
        self._folder = tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent)
        self._waiting: list[Mapping[str, Any]] = []
        self._parts: list[Path] = []
        self._images = 0

    def __len__(self) -> int:
        return self._images

    def add(self, people: Sequence[Mapping[str, Any]]) -> None:
        """Append the people of one image, the subject first, as `SampleLabels.of` takes them."""
        self._waiting += people
        self._images += 1
        if len(self._waiting) >= _SPOOLED:
            self._parts.append(Path(self._folder.name, f"{len(self._parts)}.npz"))
            self._taken().save(self._parts[-1])

    def _taken(self) -> SampleLabels:
        people, self._waiting = self._waiting, []
        return SampleLabels.of(self.skeleton, self.body, people)

    def __enter__(self) -> LabelWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._folder:
            if kind is None:
                labels = SampleLabels.concatenate([*map(SampleLabels.load, self._parts), self._taken()])
                labels.select(np.argsort(labels.sample_id, kind="stable")).save(self.path)


def coco_keypoints(
    points: Float[np.ndarray, "keypoints 2"], in_frame: Bool[np.ndarray, " keypoints"], seen: Bool[np.ndarray, " keypoints"]
) -> Float[np.ndarray, "keypoints 3"]:
    """COCO triples in continuous px: v = 2 seen, 1 hidden in the frame with its coordinates, 0 outside as (0, 0, 0)."""
    places = np.where(in_frame[:, None], points, 0.0).astype(np.float64).round(3)
    return np.column_stack([places, np.where(in_frame, np.where(seen, SEEN, HIDDEN), OUTSIDE)])


def run_length(mask: Bool[np.ndarray, "height width"]) -> dict[str, Any]:
    """COCO run-length encoding of a mask, counts as a str."""
    code = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
    return {"size": [int(n) for n in code["size"]], "counts": code["counts"].decode("ascii")}
