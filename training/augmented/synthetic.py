"""Synthetic samples of the render and translate shards: what is fit to be trained on, and its COCO entries."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from smpl_assets.archive import ArchiveReader
from smpl_assets.errors import StageError
from smpl_assets.labels import SampleLabel, SampleLabels, source_of
from smpl_assets.seeds import derive_seed
from smpl_assets.skeletons import Skeleton
from smpl_assets.skipped import Skipped
from training.augmented.coco import BYSTANDER, CATEGORY, flat_keypoints
from training.augmented.settings import AugmentSettings

LABELS, IMAGES = "labels.npz", "images.tar"
_BODY = ("global_orient", "body_pose", "shape", "transl")
_PROVENANCE = ("source_annotation", "texture", "background", "seed")


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
        """The row of annotations/train that it was made from."""
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
    """At most `most` samples: first repetitions before second ones, drawn by the seed; the rest is counted in `skipped`."""
    ordered = sorted(samples, key=lambda s: (source_of(s.sample_id)[1], derive_seed(seed, "limit", s.sample_id)))
    for sample in ordered[most:]:
        skipped.add("more than max_synthetic_ratio allows", sample.folder.name, str(sample.sample_id))
    skipped.read = len(ordered[:most])
    return sorted(ordered[:most], key=lambda s: s.sample_id)


def synthetic_entries(
    samples: Sequence[Synthetic], kind: str, provenance: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """COCO images and annotations; `provenance` holds for each sample what its source's rarity says of it.

    Other people of a synthetic image are annotated too, as COCO does, with the role `bystander`; nothing is trained on them.
    """
    images, annotations, bystanders = [], [], []
    for sample, entry in zip(samples, provenance, strict=True):
        label = sample.label
        name = f"{kind}/{sample.member}"
        images.append({"id": sample.sample_id, "file_name": name, "width": label.width, "height": label.height})
        own = {"kind": kind, "person": sample.person, **_provenance(label)}
        annotations.append(_annotation(sample.sample_id, sample.sample_id, label, {**entry, **own}))
        bystanders += [(sample.sample_id, other) for other in label.labels.others(sample.sample_id)]
    first = max((s.sample_id for s in samples), default=0) + 1
    extra = {"kind": kind, "role": BYSTANDER}
    annotations += [_annotation(first + i, image, other, extra) for i, (image, other) in enumerate(bystanders)]
    return images, annotations


def _annotation(number: int, image: int, label: SampleLabel, entry: Mapping[str, Any]) -> dict[str, Any]:
    """One COCO annotation from a label's keypoints, bbox, area and segmentation."""
    points = label.keypoints
    flags = points[:, 2].astype(int)
    return {
        "id": number,
        "image_id": image,
        "category_id": CATEGORY,
        "iscrowd": 0,
        "keypoints": flat_keypoints(points[:, :2], flags > 0, flags == 2),
        "num_keypoints": int((flags > 0).sum()),
        "bbox": [round(float(v), 3) for v in label.bbox],
        "area": round(float(label.area), 3),
        "segmentation": label.segmentation,
        "rarepose": dict(entry),
    }


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


def _provenance(label: SampleLabel) -> dict[str, Any]:
    """What made the sample; the body's parameters live in the camera frame, so the camera is its intrinsics."""
    values = {name: getattr(label, name) for name in _PROVENANCE}
    values |= {name: getattr(label, name).tolist() for name in ("bbox_amodal", "keypoints_3d")}
    body = {name: getattr(label, name).tolist() for name in _BODY}
    drift = {} if math.isnan(label.drift_px) else {"drift_px": label.drift_px}
    return values | drift | {"body": body, "camera": {"intrinsics": label.intrinsics.tolist()}}


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
