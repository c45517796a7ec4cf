"""The two domains of the translation, each as people cut out on neutral grey in square crops of one size."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, UInt8

from smpl_assets.archive import ArchiveReader
from smpl_assets.labels import SampleLabel, SampleLabels
from smpl_assets.photographs import Photograph
from smpl_assets.pictures import BadImage
from smpl_assets.pose_table import PoseTable
from smpl_assets.seeds import numpy_generator
from smpl_assets.skeletons import Skeleton
from style_transfer.masks import person_mask
from style_transfer.pixels import GREY, Rgb, SquareCrop, around_box, composite, on_grey, read_render, resize, to_uint8
from style_transfer.settings import TranslatorSettings

_LEAST_MASK = 0.01  # share of the crop


@dataclass(frozen=True)
class Domain:
    """N people of one domain.

    images: (N, S, S, 3) RGB, the person on grey. masks: (N, S, S), 255 = person. keypoints: (N, J, 2), [0, 1] of the crop.
    annotated: (N, J). sides: (N,) px of the crop in its image. skipped: how many entries were left out, by reason.
    """

    skeleton: Skeleton
    images: UInt8[np.ndarray, "people side side 3"]
    masks: UInt8[np.ndarray, "people side side"]
    keypoints: Float[np.ndarray, "people joints 2"]
    annotated: Bool[np.ndarray, "people joints"]
    sides: Float[np.ndarray, " people"]
    skipped: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.images)


class _Collector:
    """Gathers crops of one domain."""

    def __init__(self, skeleton: Skeleton, side: int) -> None:
        self.skeleton, self.side = skeleton, side
        self.images: list[np.ndarray] = []
        self.masks: list[np.ndarray] = []
        self.keypoints: list[np.ndarray] = []
        self.annotated: list[np.ndarray] = []
        self.sides: list[float] = []
        self.skipped: Counter[str] = Counter()

    def add(self, image: np.ndarray, mask: np.ndarray, crop: SquareCrop, keypoints: np.ndarray, annotated: np.ndarray) -> None:
        """One person: image (side, side, 3) and mask (side, side) in [0, 1] of the crop; keypoints (J, 2) px of the image."""
        alpha = mask[..., None]
        self.add_cut_out(image * alpha + GREY * (1 - alpha), mask, crop, keypoints, annotated)

    def add_cut_out(
        self, image: np.ndarray, mask: np.ndarray, crop: SquareCrop, keypoints: np.ndarray, annotated: np.ndarray
    ) -> None:
        """The same with a person who stands on grey already."""
        if mask.mean() < _LEAST_MASK:
            self.skipped["no person found in the crop"] += 1
            return
        self.images.append(to_uint8(image))
        mask = np.clip(mask, 0, 1)
        self.masks.append(to_uint8(255 * mask))
        self.keypoints.append(crop.normalise(np.asarray(keypoints, np.float64)))
        self.annotated.append(np.asarray(annotated, bool))
        self.sides.append(float(crop.side))

    def domain(self) -> Domain:
        side, joints = self.side, len(self.skeleton)
        return Domain(
            self.skeleton, np.stack(self.images) if self.images else np.zeros((0, side, side, 3), np.uint8),
            np.stack(self.masks) if self.masks else np.zeros((0, side, side), np.uint8),
            np.stack(self.keypoints) if self.keypoints else np.zeros((0, joints, 2)),
            np.stack(self.annotated) if self.annotated else np.zeros((0, joints), bool), np.array(self.sides, np.float64),
            {reason: count for reason, count in sorted(self.skipped.items()) if count},
        )  # fmt: skip


def read_photographed(
    table: PoseTable, image_root: Path, settings: TranslatorSettings, side: int, limit: int, seed: int
) -> Domain:
    """People of the photographs, at most `limit` drawn by `seed`; missing and broken images are skipped and counted."""
    out = _Collector(table.skeleton, side)
    rows = _eligible(table, settings, out.skipped)
    rows = np.sort(numpy_generator(seed, "photographed people").permutation(rows)[:limit])
    by_image = rows[np.argsort(table.image[rows], kind="stable")].tolist()
    for image, people in groupby(by_image, key=lambda row: int(table.image[row])):
        try:
            photo = Photograph.of(table.images, image, image_root).read()
        except BadImage as error:
            out.skipped[str(error)] += len(list(people))
            continue
        for row in people:
            _add_photographed(out, photo, table, row, settings)
    return out.domain()


def _add_photographed(out: _Collector, photo: Rgb, table: PoseTable, row: int, settings: TranslatorSettings) -> None:
    crop = around_box(table.bbox_xywh[row], settings.crop_margin)
    image = resize(crop.cut(photo, GREY), out.side)
    inside = resize(crop.cut(np.ones(photo.shape[:2], np.float32), 0.0), out.side)
    keypoints = crop.normalise(np.asarray(table.keypoints[row], np.float64)) * out.side
    mask = person_mask(image, table.skeleton, keypoints, table.annotated[row], settings.mask) * np.clip(inside, 0, 1)
    out.add(image, mask, crop, table.keypoints[row], table.annotated[row])


def _eligible(table: PoseTable, settings: TranslatorSettings, skipped: Counter[str]) -> np.ndarray:
    few = table.annotated.sum(1) < settings.min_joints
    finite = np.isfinite(table.keypoints).all((1, 2)) & np.isfinite(table.bbox_xywh).all(1)
    small = ~few & finite & (table.bbox_xywh[:, 2:].max(1, initial=0) < settings.min_side)
    skipped[f"fewer than {settings.min_joints} annotated joints"] += int((few & finite).sum())
    skipped["keypoints or box not finite"] += int((~finite).sum())
    skipped[f"box smaller than {settings.min_side:g} px"] += int(small.sum())
    return np.flatnonzero(~few & ~small & finite)


def read_rendered(
    render_dirs: list[Path], skeleton: Skeleton, settings: TranslatorSettings, side: int, limit: int, seed: int
) -> Domain:
    """People of the render shards (labels in `skeleton`), at most `limit` drawn by `seed`; masked as photographs, or by alpha."""
    shards = [(SampleLabels.load(d / "labels.npz"), ArchiveReader(d / "images.tar")) for d in render_dirs]
    entries = [(shard, sample) for shard, (labels, _) in enumerate(shards) for sample in labels.samples]
    order = numpy_generator(seed, "rendered people").permutation(len(entries))[:limit]
    out = _Collector(skeleton, side)
    for i in sorted(map(int, order)):
        shard, sample = entries[i]
        _add_rendered(out, shards[shard][1], sample, settings)
    return out.domain()


def _add_rendered(out: _Collector, archive: ArchiveReader, sample: SampleLabel, settings: TranslatorSettings) -> None:
    """The person as the picture shows it, grain included."""
    render = read_render(archive, sample)
    if render is None:
        out.skipped["render unreadable"] += 1
        return
    keypoints = sample.keypoints
    annotated = keypoints[:, 2] > 0
    crop = around_box(sample.bbox, settings.crop_margin)
    if settings.synthetic_mask == "alpha":
        over_grey, alpha = on_grey(crop.cut(render.person, 0))
        out.add_cut_out(resize(over_grey, out.side), resize(alpha, out.side), crop, keypoints[:, :2], annotated)
        return
    image = resize(crop.cut(composite(render.person, render.background), GREY), out.side)
    inside = resize(crop.cut(np.ones(render.person.shape[:2], np.float32), 0.0), out.side)
    local = crop.normalise(keypoints[:, :2]) * out.side
    mask = inside * person_mask(image, out.skeleton, local, annotated, settings.mask)
    out.add(image, np.clip(mask, 0, 1), crop, keypoints[:, :2], annotated)
