"""A small world for the tests of this room: stick figures on noise as a PoseTable, shards of samples, rarity scores."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from smpl_assets.archive import ArchiveWriter
from smpl_assets.labels import SampleLabels, run_length, sample_id_of
from smpl_assets.pose_table import ImageTable, PoseTable
from smpl_assets.skeletons import Skeleton, get_skeleton
from training.poses import Poses
from training.rarity.scores import RareScores

SIDE = 96
# A person upright in a unit square, y down, by keypoint name without its side (the person's left is on the image's right).
_PLACES = {
    "nose": (0.0, 0.12), "eye": (0.03, 0.10), "ear": (0.06, 0.12), "shoulder": (0.14, 0.26), "elbow": (0.2, 0.42),
    "wrist": (0.22, 0.56), "hip": (0.09, 0.55), "knee": (0.1, 0.75), "ankle": (0.1, 0.95), "pelvis": (0.0, 0.55),
    "thorax": (0.0, 0.24), "head_bottom": (0.0, 0.2), "head_top": (0.0, 0.02),
}  # fmt: skip


def standing(skeleton: Skeleton) -> np.ndarray:
    """Keypoints (J, 2) of a standing person in a unit square centred at x = 0.5."""
    rows = []
    for name in skeleton.keypoints:
        x, y = _PLACES[name.removeprefix("left_").removeprefix("right_")]
        rows.append((0.5 + (-x if name.startswith("right_") else x), y))
    return np.array(rows)


def draw(skeleton: Skeleton, keypoints: np.ndarray, rng: np.random.Generator, side: int = SIDE) -> np.ndarray:
    """A picture (side, side, 3) RGB of a stick figure with coloured joints."""
    image = rng.integers(0, 80, (side, side, 3)).astype(np.uint8)
    for a, b in skeleton.limb_indices:
        ends = [tuple(int(v) for v in keypoints[i]) for i in (a, b)]
        cv2.line(image, ends[0], ends[1], (200, 200, 200), 3)
    for point, colour in zip(keypoints, skeleton.colours, strict=True):
        cv2.circle(image, tuple(int(v) for v in point), 3, colour, -1)
    return image


def png(image: np.ndarray) -> bytes:
    return cv2.imencode(".png", image[..., ::-1])[1].tobytes()


def jpg(image: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", image[..., ::-1])[1].tobytes()


def make_people(folder: Path, count: int, skeleton_name: str = "coco17", seed: int = 0) -> PoseTable:
    """Write `count` pictures of one person each and return their table."""
    folder.mkdir(parents=True, exist_ok=True)
    skeleton, rng = get_skeleton(skeleton_name), np.random.default_rng(seed)
    base = standing(skeleton)
    points = np.stack([_place(base, rng) for _ in range(count)])
    images = []
    for row in range(count):
        name = f"{row:03d}.png"
        (folder / name).write_bytes(png(draw(skeleton, points[row], rng)))
        images.append(name)
    listed = ImageTable.of(images, size_wh=np.full((count, 2), SIDE), image_id=1000 + np.arange(count))
    return table_of(skeleton, points, listed)


def table_of(skeleton: Skeleton, points: np.ndarray, images: ImageTable, annotated: np.ndarray | None = None) -> PoseTable:
    """A table of people, one an image, whose box is the keypoints' with a margin."""
    count = len(points)
    low, high = points.min(1) - 4, points.max(1) + 4
    annotated = np.ones(points.shape[:2], bool) if annotated is None else annotated
    box = np.concatenate([low, high - low], 1)
    nothing = np.full(count, -1, np.int64)
    return PoseTable(
        skeleton=skeleton, keypoints=points.astype(np.float64), annotated=annotated, visible=annotated.copy(), bbox_xywh=box,
        center=low + (high - low) / 2, scale=(high - low).max(1) / 200, head_size=np.full(count, np.nan),
        area=box[:, 2] * box[:, 3], image=np.arange(count, dtype=np.int64), person_id=nothing,
        source_id=tuple(str(500 + i) for i in range(count)), images=images,
    )  # fmt: skip


def boxed_poses(table: PoseTable, keypoints: np.ndarray, score: np.ndarray, name: str = "net") -> Poses:
    """One pose per person, found in its own box."""
    n, joints = keypoints.shape[:2]
    return Poses(
        image=table.image, keypoints=keypoints, joint_score=np.repeat(score[:, None], joints, 1), score=score,
        bbox_xywh=table.bbox_xywh, person=np.arange(n), track=np.full(n, -1), network=np.zeros(n, np.int64),
        unusable=np.zeros(len(table), bool), networks=(name,),
    )  # fmt: skip


def make_scores(count: int, rare: int, threshold: float = 1.0, policy: str = "neighbours") -> RareScores:
    """The last `rare` people are rare, with rising scores."""
    score = np.linspace(0.2, 0.9, count)
    score[count - rare :] = threshold + 0.1 * np.arange(1, rare + 1)
    flags = score >= threshold
    cluster = np.arange(count, dtype=np.int64) % 2
    return RareScores(np.ones(count, bool), cluster, score / 2, score, flags, np.where(flags, "posture", ""), threshold, policy)


def make_shard(
    folder: Path, table: PoseTable, people: list[int], translated: bool = False, seed: int = 1, repetition: int = 0
) -> Path:
    """A render or translate shard with one sample per person."""
    folder.mkdir(parents=True)
    rng, labels = np.random.default_rng(seed), []
    with ArchiveWriter(folder / "images.tar") as tar:
        for person in people:
            points = _place(standing(table.skeleton), rng)
            label = make_label(table, person, points, sample_id_of(person, repetition), translated)
            tar.add(f"{label['sample_id']:012d}.jpg", jpg(draw(table.skeleton, points, rng)))
            tar.add(f"{label['sample_id']:012d}_person.png", b"not read")
            labels.append(label)
    SampleLabels.of(table.skeleton, "anny", labels).save(folder / "labels.npz")
    return folder


def make_label(table: PoseTable, person: int, points: np.ndarray, sample_id: int, translated: bool = False) -> dict:
    """A label's values by column."""
    low, high = points.min(0) - 4, points.max(0) + 4
    box = [float(v) for v in (*low, *(high - low))]
    body = {"global_orient": [0.0] * 3, "body_pose": [[0.0] * 3] * 23, "shape": [0.0] * 4, "transl": [0.0, 0.0, 3.0]}
    return {
        "sample_id": sample_id, "subject": True, "source_person": person, "source_annotation": table.source_id[person],
        "width": SIDE, "height": SIDE, "keypoints": np.column_stack([points, np.full(len(points), 2)]),
        "bbox": box, "bbox_amodal": box, "segmentation": run_length(np.ones((SIDE, SIDE), bool)), "area": box[2] * box[3],
        "keypoints_3d": [[0.0, 0.0, 3.0]] * len(points), **body, "intrinsics": [100.0, 100.0, 48.0, 48.0],
        "texture": "t1", "background": "b1", "seed": sample_id, **({"drift_px": 0.5} if translated else {}),
    }  # fmt: skip


def _place(base: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Scale, lean and move a unit figure into the picture, limbs jittered."""
    angle, size = rng.uniform(-0.4, 0.4), rng.uniform(55, 75)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.array([SIDE / 2, SIDE / 2]) + rng.uniform(-5, 5, 2)
    jitter = rng.normal(0, 0.015, base.shape)
    return np.clip((base + jitter - (0.5, 0.5)) @ turn.T * size + middle, 1, SIDE - 2)
