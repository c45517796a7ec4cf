"""People, hands, faces and dogs with keypoints of their own: small sets of pictures, and how they are to be learnt from."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from tests.pipeline.tiny import COCO_NAMES, STANDING, TINY

FINGERS = ("thumb", "index", "middle", "ring", "pinky")
DOG = [
    *("nose", "chin", "leftEye", "rightEye", "leftEar", "rightEar", "throat", "withers", "belly"),
    *(f"tail {part}" for part in ("base", "mid", "end")),
    *(f"{side}{leg}{part}" for side in ("left", "right") for leg in ("Front", "Back") for part in ("Elbow", "Knee", "Paw")),
]
CROWDPOSE = [*COCO_NAMES[5:], "head", "neck"]
NAMES = {
    "hand": ["wrist", *(f"{finger}{k}" for finger in FINGERS for k in (1, 2, 3, 4))],
    "face": [str(n) for n in range(68)],
    "dog": DOG,
    "people": [f"{n.split('_', 1)[1]}.{n[0]}" if n.startswith(("left_", "right_")) else n for n in CROWDPOSE],
}
EDGES = {
    "hand": [[0, 1], [1, 2], [2, 3], [3, 4], [0, 5]],
    "face": [],
    "dog": [[1, 3], [1, 4], [3, 5], [4, 6], [8, 9]],
    "people": [[1, 3], [3, 5], [2, 4], [4, 6], [13, 14]],
}


def mean_pose(kind: str) -> np.ndarray:
    """(J, 2) px of a 64 x 96 picture."""
    if kind == "people":
        return np.concatenate([STANDING[5:], [(32, 8), (32, 22)]])
    rng = np.random.default_rng(len(kind))
    return rng.uniform((12, 12), (52, 84), (len(NAMES[kind]), 2))


def write_set(root: Path, kind: str, train: int = 14, validation: int = 8) -> None:
    """`train.json`, `validation.json` and their pictures; every fifth one is upside down."""
    for split, count, seed in (("train", train, 1), ("validation", validation, 2)):
        rng, images, annotations = np.random.default_rng(seed), [], []
        (root / split).mkdir(parents=True)
        for i in range(count):
            points = np.clip(mean_pose(kind) + rng.normal(0, 1.5, (len(NAMES[kind]), 2)), 1, [62, 94])
            points = points if i % 5 else [63, 95] - points
            Image.fromarray(rng.integers(60, 190, (96, 64, 3), np.uint8)).save(root / split / f"{i}.jpg")
            images.append({"id": i, "file_name": f"{i}.jpg", "width": 64, "height": 96})
            keypoints = [float(v) for x, y in points for v in (x, y, 2)]
            annotations.append({"id": i, "image_id": i, "category_id": 1, "keypoints": keypoints, "bbox": [0, 0, 0, 0]})
        categories = [{"id": 1, "name": kind, "keypoints": NAMES[kind], "skeleton": EDGES[kind]}]
        content = {"images": images, "annotations": annotations, "categories": categories}
        (root / f"{split}.json").write_text(json.dumps(content), encoding="utf-8")


CONFIG = TINY.replace("flip_test = false", "")
