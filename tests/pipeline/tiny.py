"""A data set of a few people and settings of a few seconds, on which the whole real DAG runs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

# A standing person in COCO's order, px of a 64 x 96 image.
STANDING = np.array(
    [(32, 14), (34, 12), (30, 12), (37, 13), (27, 13), (41, 24), (23, 24), (45, 36), (19, 36), (46, 47), (18, 47), (38, 48),
     (26, 48), (39, 66), (25, 66), (39, 84), (25, 84)], float,
)  # fmt: skip

TINY = """
name = "tiny"
seed = 3

[data.train]
format = "coco"
annotations = "train.json"
images = "train"

[data.validation]
format = "coco"
annotations = "validation.json"
images = "validation"

[rare_poses]
clusters = 3
rare_share = 0.2
sweep = false
seeds = 2
restarts = 2

[fit]
hypotheses = 2
shard_size = 2

[fit.gate]
error_crop = 1.0
limit_deg = 180.0
penetration_m = 1.0
surprise = 100.0

[render]
image_size = 64
supersampling = 1
per_pose = 3

[translator]
image_size = 32
base_channels = 4
residual_blocks = 1
iterations = 2
checkpoint_every = 2
min_side = 8.0
kid_samples = 4
kid_subset = 2
kid_subsets = 2
mask = "capsules"

[train]
network = "simple_tiny"
input_size = [64, 64]
epochs = 1
batch_size = 8
variants = ["baseline", "drp+asrpt+wlcd"]

[evaluate]
variants = ["baseline", "drp+asrpt+wlcd", "dacp"]
bootstrap = 20
flip_test = false
"""


def make_set(root: Path, train: int = 14, validation: int = 8) -> None:
    """Write `train.json`, `validation.json` and their images."""
    for split, count, seed in (("train", train, 1), ("validation", validation, 2)):
        rng = np.random.default_rng(seed)
        images, annotations = [], []
        (root / split).mkdir(parents=True)
        for i in range(count + 2):
            name = f"{i:012d}.jpg"
            picture = np.full((96, 64, 3), rng.integers(60, 190, 3), np.uint8)
            images.append({"id": i, "file_name": name, "width": 64, "height": 96})
            if i < count:
                points = pose(rng, upside_down=i % 5 == 4)
                for x, y in points.astype(int):
                    picture[max(y - 3, 0) : y + 3, max(x - 3, 0) : x + 3] = rng.integers(0, 255, 3)
                annotations.append(annotation(i, points))
            Image.fromarray(picture).save(root / split / name, quality=90)
        categories = [{"id": 1, "name": "person", "keypoints": COCO_NAMES, "skeleton": []}]
        text = json.dumps({"images": images, "annotations": annotations, "categories": categories})
        (root / f"{split}.json").write_text(text, encoding="utf-8")


def pose(rng: np.random.Generator, upside_down: bool) -> np.ndarray:
    """A standing person with small changes, or one on the hands."""
    points = STANDING + rng.normal(0, 1.0, STANDING.shape)
    if upside_down:
        points[:, 1] = 96 - points[:, 1]
        points[:, 0] = 64 - points[:, 0]
    return np.clip(points, 1, [62, 94])


def annotation(number: int, points: np.ndarray) -> dict:
    """A COCO annotation of one person."""
    low, high = points.min(0) - 3, points.max(0) + 3
    box = [float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])]
    keypoints = [float(v) for x, y in points for v in (x, y, 2)]
    return {
        "id": 100 + number,
        "image_id": number,
        "category_id": 1,
        "iscrowd": 0,
        "bbox": box,
        "area": box[2] * box[3] * 0.6,
        "num_keypoints": 17,
        "keypoints": keypoints,
    }


COCO_NAMES = [
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow",
    "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
]  # fmt: skip
