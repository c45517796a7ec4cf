"""Small COCO files for tests."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from smpl_assets.skeletons import SKELETONS

NAMES = list(SKELETONS["coco17"].keypoints)


def person(number: int, image: int = 1, **changes: Any) -> dict[str, Any]:
    """An annotation with all joints on a line inside a 100 x 80 image; `changes` replaces or adds fields."""
    keypoints = [v for joint in range(17) for v in (20 + joint, 10 + 2 * joint, 2 if joint % 3 else 1)]
    entry = {
        "id": number,
        "image_id": image,
        "category_id": 1,
        "iscrowd": 0,
        "area": 600.0,
        "bbox": [15, 5, 30, 45],
        "keypoints": keypoints,
    }
    return {**entry, **changes}


def document(*people: dict[str, Any], images: int = 2) -> dict[str, Any]:
    """A COCO document with numbered images of 100 x 80 px."""
    return {
        "images": [{"id": i, "file_name": f"{i:012d}.jpg", "width": 100, "height": 80} for i in range(1, images + 1)],
        "annotations": [copy.deepcopy(p) for p in people],
        "categories": [{"id": 1, "name": "person", "keypoints": NAMES, "skeleton": [[16, 14], [14, 12]]}],
    }


def write(folder: Path, content: dict[str, Any] | list[Any], missing: tuple[int, ...] = ()) -> tuple[Path, Path]:
    """Write the document and its images (grey, but for the `missing` ids); (annotations, images)."""
    images = folder / "images"
    images.mkdir(exist_ok=True)
    for entry in content["images"] if isinstance(content, dict) else ():
        if isinstance(entry, dict) and "file_name" in entry and entry["id"] not in missing:
            Image.fromarray(np.full((80, 100, 3), 127, np.uint8)).save(images / entry["file_name"])
    path = folder / "annotations.json"
    path.write_text(json.dumps(content))
    return path, images
