"""A small world: drawn people as renders, the same kind of people behind another camera as photographs."""

from pathlib import Path

import cv2
import numpy as np

from smpl_assets.archive import ArchiveWriter
from smpl_assets.labels import SampleLabels, run_length, sample_id_of
from smpl_assets.pictures import encode_jpeg, encode_png
from smpl_assets.pose_table import ImageTable, PoseTable
from smpl_assets.skeletons import get_skeleton
from style_transfer.masks import person_mask
from style_transfer.pixels import to_uint8
from style_transfer.settings import LossWeights, TranslatorSettings

SIDE = 160
COCO = get_skeleton("coco17")
# A standing person in a unit square, COCO order.
STANDING = np.array([
    [.5, .12], [.52, .1], [.48, .1], [.54, .11], [.46, .11], [.59, .25], [.41, .25], [.64, .38], [.36, .38],
    [.66, .5], [.34, .5], [.56, .52], [.44, .52], [.57, .7], [.43, .7], [.57, .88], [.43, .88],
])  # fmt: skip


def table_of(keypoints: np.ndarray, annotated: np.ndarray, boxes: np.ndarray, image: np.ndarray, names: list[str]) -> PoseTable:
    """People of photographs, as a reader would give them."""
    count = len(keypoints)
    return PoseTable(
        COCO, keypoints, annotated, annotated, boxes, boxes[:, :2] + boxes[:, 2:] / 2, boxes[:, 2:].max(1) / 200,
        np.full(count, np.nan), boxes[:, 2] * boxes[:, 3], image, np.full(count, -1), tuple(map(str, range(count))),
        ImageTable.of(names),
    )  # fmt: skip


def pose(rng: np.random.Generator) -> np.ndarray:
    """A person's keypoints in px: the standing one, limbs moved, turned a little."""
    points = STANDING + rng.normal(0, 0.02, STANDING.shape)
    angle = rng.uniform(-0.6, 0.6)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return ((points - 0.5) @ turn.T * rng.uniform(0.7, 1.0) + 0.5) * SIDE


def scenery(rng: np.random.Generator) -> np.ndarray:
    """A background with structure."""
    coarse = rng.integers(0, 255, (6, 6, 3)).astype(np.uint8)
    return cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)


def paint(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Straight RGBA of a drawn person: shirt with stripes, trousers, skin."""
    alpha = person_mask(np.zeros((SIDE, SIDE, 3), np.uint8), COCO, points, np.ones(17, bool), "capsules")
    shirt, trousers = rng.integers(60, 220, 3), rng.integers(20, 160, 3)
    image = np.where(np.arange(SIDE)[:, None, None] < points[11:13, 1].mean(), shirt, trousers) * np.ones((SIDE, SIDE, 1))
    image = image + 25 * np.sign(np.sin(np.add.outer(np.arange(SIDE), np.arange(SIDE)) / 3))[..., None]
    cv2.circle(image, tuple(int(v) for v in points[:5].mean(0)), 12, (210, 160, 130), -1)
    return np.dstack([to_uint8(image), to_uint8(255 * alpha)])


def photograph(person: np.ndarray, background: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The person through a camera with a cast, little contrast, blur and noise."""
    alpha = person[..., 3:] / 255
    image = cv2.GaussianBlur(person[..., :3] * alpha + background * (1 - alpha), (0, 0), 1.0)
    return to_uint8(image * [0.75, 0.65, 0.5] + [50, 30, 20] + rng.normal(0, 5, image.shape))


def sample(number: int, points: np.ndarray, alpha: np.ndarray) -> dict:
    """The label of a drawn person, its values by column."""
    ys, xs = np.nonzero(alpha > 127)
    box = [float(xs.min()), float(ys.min()), float(np.ptp(xs) + 1), float(np.ptp(ys) + 1)]
    inside = ((points >= 0) & (points <= SIDE)).all(1)
    return {
        "sample_id": sample_id_of(number, 0), "subject": True, "source_person": number, "source_annotation": str(number),
        "width": SIDE, "height": SIDE, "keypoints": np.column_stack([points, np.full(17, 2)]) * inside[:, None],
        "bbox": box, "bbox_amodal": box, "segmentation": run_length(alpha > 127), "area": float((alpha > 127).sum()),
        "keypoints_3d": [[0.0, 0.0, 3.0]] * 17, "intrinsics": [200.0, 200.0, 80.0, 80.0], "texture": "drawn",
        "background": "drawn", "seed": number,
    }  # fmt: skip


def write_render(folder: Path, numbers: range, seed: int = 0) -> Path:
    """A render shard as the render stage writes it."""
    folder.mkdir(parents=True)
    labels = []
    with ArchiveWriter(folder / "images.tar") as tar:
        for number in numbers:
            rng = np.random.default_rng([seed, number])
            points, background = pose(rng), scenery(rng)
            person = paint(points, rng)
            alpha = person[..., 3:] / 255
            labels.append(sample(number, points, person[..., 3]))
            name = f"{labels[-1]['sample_id']:012d}"
            tar.add(f"{name}.jpg", encode_jpeg(to_uint8(person[..., :3] * alpha + background * (1 - alpha)), 92))
            tar.add(f"{name}_person.png", encode_png(person))
            tar.add(f"{name}_background.jpg", encode_jpeg(background, 92))
    SampleLabels.of(COCO, "drawn", labels).save(folder / "labels.npz")
    return folder


def write_photographs(folder: Path, count: int) -> PoseTable:
    """Photographs and their table."""
    folder.mkdir(parents=True)
    keypoints, boxes = [], []
    for number in range(count):
        rng = np.random.default_rng([77, number])
        points = pose(rng)
        person = paint(points, rng)
        (folder / f"{number}.jpg").write_bytes(encode_jpeg(photograph(person, scenery(rng), rng), 92))
        keypoints.append(points)
        boxes.append(sample(number, points, person[..., 3])["bbox"])
    names = [f"{i}.jpg" for i in range(count)]
    return table_of(np.stack(keypoints), np.ones((count, 17), bool), np.array(boxes), np.arange(count), names)


def tiny(**changes: object) -> TranslatorSettings:
    """Settings that train in a second."""
    small = {"image_size": 32, "base_channels": 4, "residual_blocks": 1, "iterations": 4, "checkpoint_every": 2,
             "kid_samples": 8, "kid_subset": 4,
             "kid_subsets": 2, "lr": 1e-3, "weights": LossWeights(cam=1.0)}  # fmt: skip
    return TranslatorSettings(**(small | changes))
