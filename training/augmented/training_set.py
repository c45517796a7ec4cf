"""The samples that one training variant sees, read from an augmented set."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from smpl_assets.errors import StageError
from smpl_assets.skeletons import Skeleton
from training.augmented.coco import BYSTANDER, HALF_PIXEL, skeleton_of
from training.transforms import MPII_PERSON_PX, MPII_SHIFT_PX
from training.variants import parse_variant


@dataclass(frozen=True)
class TrainingSet:
    """N samples, columns of equal length.

    keypoints: (N, J, 2) continuous px. annotated, visible: (N, J). bbox_xywh: (N, 4) px. center: (N, 2) px and scale: (N,)
    as in PoseTable (for synthetic people such that MPII's region is the square about the box).
    weight: (N,) factor on the sample's loss.
    size_wh: (N, 2) annotated image size, 0 where unknown. kind: `real`, `render` or `translated`.
    key: names the sample over all variants; the second copy of a rare person ends in `/again`.
    """

    skeleton: Skeleton
    keypoints: Float[np.ndarray, "samples joints 2"]
    annotated: Bool[np.ndarray, "samples joints"]
    visible: Bool[np.ndarray, "samples joints"]
    bbox_xywh: Float[np.ndarray, "samples 4"]
    center: Float[np.ndarray, "samples 2"]
    scale: Float[np.ndarray, " samples"]
    weight: Float[np.ndarray, " samples"]
    size_wh: Float[np.ndarray, "samples 2"]
    kind: tuple[str, ...]
    file_name: tuple[str, ...]
    key: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.key)

    def counts(self) -> dict[str, int]:
        """Samples by kind, second copies (DRP) apart."""
        again = sum(key.endswith("/again") for key in self.key)
        counts = {kind: self.kind.count(kind) for kind in ("real", "render", "translated")}
        return counts | {"real": counts["real"] - again, "again": again}


def load_training_set(augment_dir: Path, variant: str, synthetic_weight: float = 1.0) -> TrainingSet:
    """The samples of a variant (T 4.2): real people with annotated joints, rare ones once more under DRP, synthetic ones under
    ASRP / ASRPT; the weights of eq 4.4 under WLCD, else 1.

    Raises:
        StageError: nobody can be trained on, or the variant adds samples and the augmented set has none of their kind.
    """
    wanted = parse_variant(variant)
    real, skeleton = _read(augment_dir, "real")
    rows = [(a, f"real/{a['rarepose']['person']}") for a in real]
    if wanted.drp:
        rows += [(a, f"{key}/again") for a, key in rows if a["rarepose"]["rare"]]
    for kind, part in (("render", wanted.asrp), ("translated", wanted.asrpt)):
        if part:
            added, _ = _read(augment_dir, kind)
            if not added:
                raise StageError(
                    f"{augment_dir / kind}.json has no sample, variant {wanted.name} has nothing to add",
                    f"see summary.json beside it, or take {wanted.name} out of train.variants",
                )
            rows += [(a, f"{kind}/{a['id']}") for a in added]
    if not rows:
        raise StageError(f"{augment_dir / 'real.json'}: nobody has an annotated joint", "check data.train")
    return _columns(rows, skeleton, wanted.wlcd, synthetic_weight)


def _read(folder: Path, kind: str) -> tuple[list[dict[str, Any]], Skeleton]:
    path = folder / f"{kind}.json"
    try:
        coco = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StageError(f"{path}: not readable as COCO JSON ({error})", "rarepose verify --deep") from error
    images = {i["id"]: i for i in coco["images"]}
    usable = (a for a in coco["annotations"] if a["num_keypoints"] > 0 and a["rarepose"].get("role") != BYSTANDER)
    annotations = [a | {"image": images[a["image_id"]]} for a in usable]
    return annotations, skeleton_of(coco["categories"][0])


def _columns(rows: list[tuple[dict[str, Any], str]], skeleton: Skeleton, weighted: bool, synthetic_weight: float) -> TrainingSet:
    entries = [a["rarepose"] for a, _ in rows]
    points = np.array([a["keypoints"] for a, _ in rows], np.float64).reshape(len(rows), len(skeleton), 3)
    boxes = np.array([a["bbox"] for a, _ in rows], np.float64)
    side = boxes[:, 2:].max(1) / MPII_PERSON_PX
    middle = boxes[:, :2] + boxes[:, 2:] / 2 - np.stack([0 * side, MPII_SHIFT_PX * side], axis=1)
    factor = np.array([1.0 if e["kind"] == "real" else synthetic_weight for e in entries])
    return TrainingSet(
        skeleton=skeleton,
        keypoints=points[..., :2] + HALF_PIXEL,
        annotated=points[..., 2] > 0,
        visible=points[..., 2] == 2,
        bbox_xywh=boxes,
        center=np.array([e.get("center") or m for e, m in zip(entries, middle.tolist(), strict=True)], np.float64),
        scale=np.array([e.get("scale") or s for e, s in zip(entries, side.tolist(), strict=True)], np.float64),
        weight=factor * (np.array([float(e["loss_weight"]) for e in entries]) if weighted else 1.0),
        size_wh=np.array([[a["image"]["width"], a["image"]["height"]] for a, _ in rows], np.float64),
        kind=tuple(e["kind"] for e in entries),
        file_name=tuple(a["image"]["file_name"] for a, _ in rows),
        key=tuple(key for _, key in rows),
    )
