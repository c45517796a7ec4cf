"""People for the rarity benchmarks: MPII from a folder of annotation files, or made up."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from smpl_assets.pose_table import ImageTable, PoseTable
from smpl_assets.skeletons import get_skeleton
from training.datasets.settings import DataSettings
from training.datasets.stage import read_poses

VALID = "mpii_valid_full/valid.h5"
TRAIN = "mpii_complete_people/train_joints.csv"
HEAD_PER_SCALE = 33.33  # px from neck to head top of an MPII person of scale 1, measured on MPII
COMPLETE_SHARE, TRAIN_PEOPLE = 0.682, 22_246  # MPII train: people with all joints, all people


def mpii_validation(data: Path) -> PoseTable:
    """MPII's 2,958 validation people."""
    return read_poses(DataSettings(format="mpii", annotations=str(data / VALID)))[0]


def mpii_train_proxy(data: Path, validation: PoseTable, seed: int) -> PoseTable:
    """Stands for MPII's training people: complete ones from outside the validation set and its incomplete ones, 68.2 : 31.8.

    Complete people come without scale and centre: the scale follows from the head, the centre from the joints as it does for
    validation people (least squares, plus residuals drawn from theirs). Incomplete ones are repeated up to their share.
    """
    generator = np.random.default_rng(seed)
    keypoints, names = _complete_people(data, validation)
    scale = np.linalg.norm(keypoints[:, 9] - keypoints[:, 8], axis=1) / HEAD_PER_SCALE
    center = _centres_like(validation, keypoints, scale, generator)
    complete = people_table("mpii16", keypoints, np.ones(keypoints.shape[:2], bool), center, scale, names)
    incomplete = np.flatnonzero(~validation.annotated.all(1))
    wanted = round(len(complete) * (1 - COMPLETE_SHARE) / COMPLETE_SHARE)
    rows = np.concatenate(
        [np.tile(incomplete, wanted // len(incomplete)), generator.permutation(incomplete)[: wanted % len(incomplete)]]
    )
    return PoseTable.concatenate([complete, validation.select(rows)])


def _complete_people(data: Path, validation: PoseTable) -> tuple[np.ndarray, list[str]]:
    """Keypoints (N, 16, 2) px and image names of people with all joints, but for validation people (all joints within 2 px)."""
    known: dict[str, list[int]] = {}
    for row, image in enumerate(validation.image):
        known.setdefault(Path(validation.images[image].file_name).name, []).append(row)
    keypoints, names = [], []
    with open(data / TRAIN, newline="", encoding="utf-8") as file:
        for name, *values in csv.reader(file):
            pose = np.array(values, float).reshape(16, 2) - 0.5  # MPII counts pixels from 1
            rows = known.get(name, [])
            if not any(np.abs((validation.keypoints[r] - pose)[validation.annotated[r]]).max() <= 2.01 for r in rows):
                keypoints.append(pose)
                names.append(name)
    return np.array(keypoints), names


def _centres_like(validation: PoseTable, keypoints: np.ndarray, scale: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    whole = validation.select(validation.annotated.all(1))
    features, offset = _shape_features(whole.keypoints, whole.scale), whole.center - whole.keypoints.mean(1)
    target = offset / whole.scale[:, None]
    solution = np.linalg.lstsq(features, target, rcond=None)[0]
    residual = (target - features @ solution)[generator.integers(len(target), size=len(keypoints))]
    return keypoints.mean(1) + (_shape_features(keypoints, scale) @ solution + residual) * scale[:, None]


def _shape_features(keypoints: np.ndarray, scale: np.ndarray) -> np.ndarray:
    centred = (keypoints - keypoints.mean(1, keepdims=True)) / scale[:, None, None]
    return np.concatenate([centred.reshape(len(centred), -1), np.ones((len(centred), 1))], 1)


def people_table(
    skeleton: str,
    keypoints: np.ndarray,
    annotated: np.ndarray,
    center: np.ndarray,
    scale: np.ndarray,
    names: list[str] | None = None,
) -> PoseTable:
    """A table of people given by joints, centre and scale; without names all stand in one image."""
    count = len(keypoints)
    low = np.where(annotated[..., None], keypoints, np.inf).min(1)
    box = np.concatenate([low, np.where(annotated[..., None], keypoints, -np.inf).max(1) - low], 1).astype(keypoints.dtype)
    images = [""] if names is None else sorted(set(names))
    where = {name: k for k, name in enumerate(images)}
    minus = np.full(count, -1, np.int64)
    return PoseTable(
        skeleton=get_skeleton(skeleton),
        keypoints=np.where(annotated[..., None], keypoints, 0).astype(keypoints.dtype),
        annotated=annotated,
        visible=annotated,
        bbox_xywh=box,
        center=center,
        scale=scale,
        head_size=np.full(count, np.nan, keypoints.dtype),
        area=box[:, 2] * box[:, 3],
        image=np.zeros(count, np.int64) if names is None else np.array([where[name] for name in names], np.int64),
        person_id=minus,
        source_id=tuple(map(str, range(count))),
        images=ImageTable.of(images),
    )


_PARENT = {  # COCO joints from the neck (-1) or the pelvis (-2): (parent, usual angle from down in rad, length in heads)
    0: (-1, np.pi, 0.6), 1: (0, 2.6, 0.2), 2: (0, -2.6, 0.2), 3: (0, 2.0, 0.4), 4: (0, -2.0, 0.4),
    5: (-1, 1.6, 0.75), 6: (-1, -1.6, 0.75), 7: (5, 0.3, 1.3), 8: (6, -0.3, 1.3), 9: (7, 0.2, 1.1), 10: (8, -0.2, 1.1),
    11: (-2, 1.6, 0.45), 12: (-2, -1.6, 0.45), 13: (11, 0.1, 1.8), 14: (12, -0.1, 1.8), 15: (13, 0.0, 1.8), 16: (14, 0.0, 1.8),
}  # fmt: skip
_SPREAD = {0: 0.2, 7: 0.6, 8: 0.6, 9: 1.0, 10: 1.0, 13: 0.4, 14: 0.4, 15: 0.4, 16: 0.4}


def synthetic_people(count: int, seed: int, missing: float = 0.06, rare: float = 0.03) -> PoseTable:
    """Stick people with 17 COCO joints, float32: a share `rare` turned at will, a share `missing` of joints unannotated."""
    keypoints = np.empty((count, 17, 2), np.float32)
    annotated = np.empty((count, 17), bool)
    for start in range(0, count, 100_000):
        part = slice(start, min(start + 100_000, count))
        keypoints[part], annotated[part] = _synthetic_chunk(
            part.stop - start, np.random.default_rng([seed, start]), missing, rare
        )
    low, high = keypoints.min(1), keypoints.max(1)
    return people_table("coco17", keypoints, annotated, 0.5 * (low + high), (high - low).max(1) / 200)


def _synthetic_chunk(count: int, generator: np.random.Generator, missing: float, rare: float) -> tuple[np.ndarray, np.ndarray]:
    turn = np.where(generator.random(count) < rare, generator.uniform(-np.pi, np.pi, count), generator.normal(0, 0.15, count))
    size = np.exp(generator.normal(3.0, 0.5, count))
    place = {-2: np.zeros((count, 2)), -1: -2.3 * _direction(turn)}
    for joint in range(17):
        parent, angle, length = _PARENT[joint]
        bend = turn + angle + generator.normal(0, _SPREAD.get(joint, 0.08), count)
        place[joint] = place[parent] + length * _direction(bend)
    joints = np.stack([place[j] for j in range(17)], 1) * size[:, None, None] + generator.uniform(100, 500, (count, 1, 2))
    annotated = generator.random((count, 17)) >= missing
    annotated[:, 0] |= ~annotated.any(1)
    return joints.astype(np.float32), annotated


def _direction(angle: np.ndarray) -> np.ndarray:
    return np.stack([np.sin(angle), np.cos(angle)], 1)
