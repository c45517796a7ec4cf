"""Synthetic samples of the render and translate shards: what is fit to be trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smpl_assets.archive import ArchiveReader
from smpl_assets.errors import StageError
from smpl_assets.labels import SEEN, SampleLabel, SampleLabels
from smpl_assets.pose_table import ImageTable, PoseTable
from smpl_assets.seeds import derive_seed
from smpl_assets.skeletons import Skeleton
from smpl_assets.skipped import Skipped
from training.augmented.samples import IMAGES, LABELS
from training.augmented.settings import AugmentSettings
from training.mpii_person import mpii_region


@dataclass(frozen=True)
class Synthetic:
    """One usable sample: its label as the shard wrote it, and the shard's folder."""

    label: SampleLabel
    folder: Path

    @property
    def sample_id(self) -> int:
        """Unique over the run: person row x 1000 + repetition."""
        return self.label.sample_id

    @property
    def person(self) -> int:
        """The row of annotations/train that it was made from; of a pose that nobody holds its number after those."""
        return self.label.source_person

    @property
    def member(self) -> str:
        """Its image in the tars."""
        return f"{self.label.name}.jpg"


def read_samples(
    folders: Sequence[Path], people: int, skeleton: Skeleton, settings: AugmentSettings, skipped: Skipped
) -> list[Synthetic]:
    """The usable samples of all shards in the order of their ids; the others are counted in `skipped`.

    Raises:
        StageError: a shard without readable labels, or of another skeleton than the data set's.
    """
    found: dict[int, Synthetic] = {}
    for folder in folders:
        members = set(ArchiveReader(folder / IMAGES).names())
        for label in _labels(folder, skeleton).samples:
            sample = Synthetic(label, folder)
            reason = _flaw(sample, members, people, settings) or ("sample id appears twice" if sample.sample_id in found else "")
            if reason:
                skipped.add(reason, folder.name, str(sample.sample_id))
            else:
                found[sample.sample_id] = sample
    skipped.read = len(found)
    return [found[i] for i in sorted(found)]


def limit_samples(samples: list[Synthetic], most: int, seed: int, skipped: Skipped) -> list[Synthetic]:
    """At most `most` samples: each person's first one before any second, drawn by the seed; the rest is counted in `skipped`."""
    place, count = dict[int, int](), Counter[int]()
    for sample in sorted(samples, key=lambda s: s.sample_id):
        place[sample.sample_id] = count[sample.person]
        count[sample.person] += 1
    ordered = sorted(samples, key=lambda s: (place[s.sample_id], derive_seed(seed, "limit", s.sample_id)))
    for sample in ordered[most:]:
        skipped.add("more than max_synthetic_ratio allows", sample.folder.name, str(sample.sample_id))
    skipped.read = len(ordered[:most])
    return sorted(ordered[:most], key=lambda s: s.sample_id)


def poses_of(samples: Sequence[Synthetic], kind: str, skeleton: Skeleton) -> PoseTable:
    """The labelled people of the samples, each on an image of its own (`KIND/ID.jpg`, a member `ID.jpg` of the tar).

    Centre and scale are such that MPII's region is the square about the box.
    """
    labels = [s.label for s in samples]
    points = np.array([s.keypoints for s in labels], np.float64).reshape(-1, len(skeleton), 3)
    boxes = np.round(np.array([s.bbox for s in labels], np.float64).reshape(-1, 4), 3)
    center, scale = mpii_region(boxes)
    size = np.array([[s.width, s.height] for s in labels], np.int64).reshape(-1, 2)
    numbers = np.array([s.sample_id for s in labels], np.int64)
    return PoseTable(
        skeleton=skeleton, keypoints=points[..., :2], annotated=points[..., 2] > 0, visible=points[..., 2] == SEEN,
        bbox_xywh=boxes, center=center, scale=scale, head_size=np.full(len(labels), np.nan),
        area=np.array([s.area for s in labels], np.float64), image=np.arange(len(labels)), person_id=np.full(len(labels), -1),
        source_id=tuple(s.name for s in labels),
        images=ImageTable.of([f"{kind}/{s.name}.jpg" for s in labels], size_wh=size, image_id=numbers),
    )  # fmt: skip


def labels_of(samples: Sequence[Synthetic], skeleton: Skeleton) -> SampleLabels:
    """Everything known of the samples' images, the other people on them too, in the order of the samples."""
    parts = [(s.label.labels, s.sample_id) for s in samples]
    if not parts:
        return SampleLabels.of(skeleton, "", [])
    return SampleLabels.concatenate([labels.select(labels.sample_id == number) for labels, number in parts])


def _labels(folder: Path, skeleton: Skeleton) -> SampleLabels:
    labels = SampleLabels.load(folder / LABELS)
    joints = labels.keypoints.shape[1]
    if labels.skeleton != skeleton.name or joints != len(skeleton):
        raise StageError(
            f"{folder / LABELS}: skeleton {labels.skeleton} with {joints} keypoints, "
            f"the data set has {skeleton.name} with {len(skeleton)}",
            "render the samples with the skeleton of data.train",
        )
    return labels


def _flaw(sample: Synthetic, members: set[str], people: int, settings: AugmentSettings) -> str:
    """Why a sample cannot be used, '' if it can."""
    label = sample.label
    if not all(np.isfinite(values).all() for values in (label.keypoints, label.bbox, label.area)):
        return "label with a number that is not finite"
    if not 0 <= sample.person < people:
        return "source person is not in the training annotations"
    if sample.member not in members:
        return "no image in the shard"
    if not label.kept and not settings.keep_drifted:
        return f"dropped after translation: {label.kept_reason or 'label drift'}"
    if min(label.bbox[2:]) < settings.min_box_px:
        return "visible box below min_box_px"
    if sum(row[2] > 0 for row in label.keypoints) < settings.min_keypoints:
        return "fewer keypoints in the frame than min_keypoints"
    return ""
