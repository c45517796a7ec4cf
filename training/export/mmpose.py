"""The files of mmpose's CocoDataset: COCO files, and the dataset_info (metainfo) of the skeleton."""

from __future__ import annotations

from pathlib import Path
from pprint import pformat
from typing import Any

from smpl_assets.skeletons import Skeleton, side_colour
from training.augmented.coco import write_coco
from training.export.info import sampling_weights, write_info
from training.export.parts import ExportSet, numbered

_LOWER = ("hip", "knee", "ankle", "pelvis", "toe", "heel", "foot")


def write(found: ExportSet, out: Path) -> None:
    """`images/`, `annotations/` (one file per part, and `train.json` of all training parts) and `dataset_info.py`."""
    (out / "annotations").mkdir()
    for part in found.parts:
        for item in part.items:
            part.put(item, out / "images" / item.name)
        write_coco(out / "annotations" / f"{part.kind}.json", found.skeleton, *numbered([part]))
    train = [part for part in found.parts if part.split == "train"]
    write_coco(out / "annotations" / "train.json", found.skeleton, *numbered(train))
    (out / "dataset_info.py").write_text(
        f"dataset_info = {pformat(metainfo(found.skeleton), width=120, sort_dicts=False)}\n", "utf-8"
    )
    weights = sampling_weights(found)
    factors = [round(sum(weights[i.name] for i in part.items) / max(len(part.items), 1), 4) for part in train]
    write_info(found, out, "mmpose", kinds=[part.kind for part in train], factors=factors)


def metainfo(skeleton: Skeleton) -> dict[str, Any]:
    """The description of a skeleton as mmpose has it; `swap` names each keypoint's other side."""
    swap = skeleton.mirrored(skeleton.keypoints)
    points = {
        index: {
            "name": name, "id": index, "color": list(skeleton.colours[index]), "type": _half(name),
            "swap": swap[index] if swap[index] != name else "",
        }
        for index, name in enumerate(skeleton.keypoints)
    }  # fmt: skip
    limbs = {i: {"link": limb, "id": i, "color": list(side_colour(limb[1]))} for i, limb in enumerate(skeleton.limbs)}
    return {
        "dataset_name": f"rarepose_{skeleton.name}", "paper_info": {}, "keypoint_info": points, "skeleton_info": limbs,
        "joint_weights": [1.0] * len(skeleton), "sigmas": list(skeleton.sigmas),
    }  # fmt: skip


def _half(keypoint: str) -> str:
    """The half of the body that mmpose's RandomHalfBody counts a keypoint to."""
    return "lower" if any(word in keypoint for word in _LOWER) else "upper"
