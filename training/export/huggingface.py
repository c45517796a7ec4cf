"""Hugging Face datasets: folders of images with `metadata.jsonl`, and a dataset card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from training.augmented.coco import BYSTANDER
from training.export.info import sampling_weights, write_info
from training.export.parts import ExportPart, ExportSet, Item

METADATA = "metadata.jsonl"


def write(found: ExportSet, out: Path) -> None:
    """`train/`, `validation/`, each with `metadata.jsonl`; the README is the card."""
    weights = sampling_weights(found)
    for split in dict.fromkeys(part.split for part in found.parts):
        folder = out / split
        folder.mkdir(parents=True)
        with open(folder / METADATA, "w", encoding="utf-8") as file:
            for part, item in found.of(split):
                part.put(item, folder / item.name)
                file.write(json.dumps(row(part, item, weights.get(item.name, 1.0)), sort_keys=True) + "\n")
    write_info(found, out, "huggingface")


def row(part: ExportPart, item: Item, weight: float) -> dict[str, Any]:
    """A picture's columns; `objects` has one entry per person in each list."""
    people = item.people
    return {
        "file_name": item.name, "image_id": item.image["id"], "kind": part.kind, "sampling_weight": weight,
        "objects": {
            "id": [p["id"] for p in people], "bbox": [p["bbox"] for p in people], "area": [p["area"] for p in people],
            "keypoints": [np.array(p["keypoints"]).reshape(-1, 3).tolist() for p in people],
            "rare": [bool(p["rarepose"].get("rare")) for p in people],
            "bystander": [p["rarepose"].get("role") == BYSTANDER for p in people],
            "loss_weight": [float(p["rarepose"].get("loss_weight", 1.0)) for p in people],
        },
    }  # fmt: skip
