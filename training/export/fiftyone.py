"""FiftyOne's samples as JSON: boxes and keypoints with where they come from, to be looked through."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from smpl_assets.archive import write_json
from training.augmented.coco import BYSTANDER, HALF_PIXEL
from training.export.info import sampling_weights, write_info
from training.export.parts import ExportPart, ExportSet, Item

SHOWN = ("rare", "cluster", "score", "loss_weight", "variation", "pose", "texture", "background")


def write(found: ExportSet, out: Path) -> None:
    """`data/`, `samples.json` and `metadata.json`, as `fiftyone.types.LegacyFiftyOneDataset` reads them."""
    weights = sampling_weights(found)
    with open(out / "samples.json", "w", encoding="utf-8") as file:
        file.write('{"samples": [')
        for number, (part, item) in enumerate([*found.of("train"), *found.of("validation")]):
            part.put(item, out / "data" / item.name)
            file.write((",\n" if number else "\n") + json.dumps(sample(part, item, weights.get(item.name)), sort_keys=True))
        file.write("]}\n")
    write_json(out / "metadata.json", {"name": f"rarepose-{found.skeleton.name}", "media_type": "image"})
    write_info(found, out, "fiftyone")


def sample(part: ExportPart, item: Item, weight: float | None) -> dict[str, Any]:
    """A picture as FiftyOne's sample; coordinates are shares of its size, of keypoints that are not there NaN."""
    size = np.array([item.image["width"], item.image["height"]], np.float64)
    known = {"sampling_weight": weight} if weight is not None else {}
    return known | {
        "filepath": f"data/{item.name}", "tags": [part.split, part.kind], "_media_type": "image",
        "metadata": {"_cls": "ImageMetadata", "width": int(size[0]), "height": int(size[1])},
        "ground_truth": {"_cls": "Detections", "detections": [_detection(p, size) for p in item.people]},
        "keypoints": {"_cls": "Keypoints", "keypoints": [_keypoints(p, size) for p in item.people]},
    }  # fmt: skip


def _detection(person: dict[str, Any], size: np.ndarray) -> dict[str, Any]:
    box = np.array(person["bbox"], np.float64).reshape(2, 2) / size
    return {"_cls": "Detection", "label": "person", "bounding_box": box.reshape(-1).tolist(), **_about(person)}


def _keypoints(person: dict[str, Any], size: np.ndarray) -> dict[str, Any]:
    rows = np.array(person["keypoints"], np.float64).reshape(-1, 3)
    points = np.where(rows[:, 2:] > 0, (rows[:, :2] + HALF_PIXEL) / size, np.nan)
    visibility = rows[:, 2].astype(int).tolist()
    return {"_cls": "Keypoint", "label": "person", "points": points.tolist(), "visibility": visibility, **_about(person)}


def _about(person: dict[str, Any]) -> dict[str, Any]:
    """Where somebody comes from, as far as it is one value."""
    info = person["rarepose"]
    return {name: info[name] for name in SHOWN if info.get(name) is not None} | {"bystander": info.get("role") == BYSTANDER}
