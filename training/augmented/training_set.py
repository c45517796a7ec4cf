"""The samples that one recipe sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int64

from smpl_assets.columns import Columns
from smpl_assets.errors import StageError
from smpl_assets.pose_table import PoseTable
from smpl_assets.skeletons import Skeleton
from training.augmented.samples import POSES, SAMPLES, Part, Samples
from training.feeds.images import REAL
from training.mpii_person import mpii_region
from training.recipes import ADDED, Recipe

HALF_PIXEL = 0.5


@dataclass(frozen=True, eq=False)
class TrainingSet(Columns):
    """N samples, columns of equal length.

    keypoints: (N, J, 2) continuous px. annotated, visible: (N, J). bbox_xywh: (N, 4) px. center: (N, 2) px and scale: (N,)
    as in PoseTable (where unknown, such that MPII's region is the square about the box).
    weight: (N,) factor on the sample's loss. rare: (N,) whether the person, or the one it was made from, is.
    size_wh: (N, 2) image size, 0 where unknown, and orientation: (N,) as in ImageTable.
    kind: `real`, `render`, `translated` or `fill`.
    key: names the sample over all recipes; further copies of a rare person have `/again` in it.
    """

    skeleton: Skeleton
    keypoints: Float[np.ndarray, "samples joints 2"]
    annotated: Bool[np.ndarray, "samples joints"]
    visible: Bool[np.ndarray, "samples joints"]
    bbox_xywh: Float[np.ndarray, "samples 4"]
    center: Float[np.ndarray, "samples 2"]
    scale: Float[np.ndarray, " samples"]
    weight: Float[np.ndarray, " samples"]
    rare: Bool[np.ndarray, " samples"]
    size_wh: Float[np.ndarray, "samples 2"]
    orientation: Int64[np.ndarray, " samples"]
    kind: tuple[str, ...]
    file_name: tuple[str, ...]
    key: tuple[str, ...]

    @property
    def real(self) -> Bool[np.ndarray, " samples"]:
        """The people of the data set, copies of them too; all others are synthetic."""
        return np.array([kind == REAL for kind in self.kind], bool)

    def counts(self) -> dict[str, int]:
        """Samples by kind, second copies (DRP) apart."""
        again = sum("/again" in key for key in self.key)
        counts = {kind: self.kind.count(kind) for kind in ("real", *ADDED)}
        return counts | {"real": counts["real"] - again, "again": again}


def training_set(real: Part, added: Mapping[str, Part], recipe: Recipe, synthetic_weight: float = 1.0) -> TrainingSet:
    """The samples of a recipe (T 4.2): real people with annotated joints, rare ones once more under DRP, synthetic ones under
    ASRP / ASRPT, poses that fill the gap; the weights of eq 4.4 under WLCD, else 1.

    Args:
        real: annotations/train.
        added: kind -> its samples, of the kinds that the recipe adds.
        recipe: what it changes against the baseline.
        synthetic_weight: factor on the weight of synthetic people.

    Raises:
        StageError: nobody can be trained on, or the recipe adds samples and there is none of their kind.
    """
    rows = np.asarray(real.table.annotated.any(1))
    if not rows.any():
        raise StageError("annotations/train: nobody has an annotated joint", "check data.train")
    parts = [_rows(real, rows, recipe.weighted, 1.0)]
    parts += [_again(_rows(real, rows & real.samples.rare, recipe.weighted, 1.0), copy) for copy in range(recipe.again)]
    for kind in recipe.kinds[1:]:
        usable = np.asarray(added[kind].table.annotated.any(1))
        if not usable.any():
            raise StageError(
                f"augment/{kind} has no sample, a recipe with {kind} samples has nothing to add",
                "see summary.json beside it, or take the recipe out of train.variants",
            )
        parts.append(_rows(added[kind], usable, recipe.weighted, synthetic_weight))
    return TrainingSet.concatenate(parts)


def load_part(folder: Path, table: PoseTable | None = None) -> Part:
    """A kind's samples from its unit's folder; the poses of real people are those of annotations/train."""
    return Part(PoseTable.load(folder / POSES) if table is None else table, Samples.load(folder / SAMPLES))


def _rows(part: Part, rows: Bool[np.ndarray, " people"], weighted: bool, factor: float) -> TrainingSet:
    """Some people of a part, their labels to a thousandth of a pixel index, as files of annotations hold them."""
    table, index = part.table.select(rows), np.flatnonzero(rows)
    boxes = np.round(table.bbox_xywh, 3)
    center, scale = mpii_region(boxes)
    own = np.isfinite(table.center).all(1)
    keys = part.samples.keys
    return TrainingSet(
        skeleton=table.skeleton, keypoints=np.round(table.keypoints - HALF_PIXEL, 3) + HALF_PIXEL, annotated=table.annotated,
        visible=table.visible, bbox_xywh=boxes, center=np.where(own[:, None], table.center, center),
        scale=np.where(np.isfinite(table.scale) & (table.scale != 0), table.scale, scale),
        weight=factor * (part.samples.weight[index] if weighted else np.ones(len(index))),
        rare=part.samples.rare[index], size_wh=table.images.size_wh[table.image].astype(np.float64),
        orientation=table.images.orientation[table.image], kind=(part.samples.kind,) * len(index),
        file_name=tuple(table.images.file_name[i] for i in table.image), key=tuple(keys[i] for i in index),
    )  # fmt: skip


def _again(samples: TrainingSet, copy: int) -> TrainingSet:
    """Further copies: the second one of a sample is `KEY/again`, the third `KEY/again2`."""
    return replace(samples, key=tuple(f"{key}/again{copy + 1 if copy else ''}" for key in samples.key))
