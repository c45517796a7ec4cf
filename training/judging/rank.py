"""Images in the order in which labelling them is worth most: rare predicted poses, low confidence, one of a scene."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int64, UInt64

from smpl_assets.pose_table import PoseTable
from training.judging.unlabelled import Unlabelled
from training.rarity.frame import frame_poses
from training.rarity.model import fit_rarity
from training.rarity.settings import RareSettings

By = Literal["both", "rarity", "confidence"]
PerPerson = Float[np.ndarray, " found"]
LEAST_JOINTS = 4  # fewer say nothing of a pose
SAME_POSE = 0.015  # person sizes: mean distance of joints below which two poses are one, as in neighbouring frames
SAME_PLACE = 0.9  # intersection over union of their boxes
SAME_HASH = 10  # of 64 bits of the difference hash


@dataclass(frozen=True)
class Ranking:
    """Images by falling priority, those without a found person left out.

    image: (K,) rows of the images. person: (K,) the found person that its priority is from. priority: (K,) in [0, 1].
    rarity, confidence: (K,) of that person. like: (K,) row of the image that it nearly repeats, which puts it at the end, or -1.
    """

    image: Int64[np.ndarray, " images"]
    person: Int64[np.ndarray, " images"]
    priority: Float[np.ndarray, " images"]
    rarity: Float[np.ndarray, " images"]
    confidence: Float[np.ndarray, " images"]
    like: Int64[np.ndarray, " images"]


def rank_images(
    found: Unlabelled, labelled: PoseTable, by: By, seed: int, hashes: UInt64[np.ndarray, " images"] | None = None
) -> Ranking:
    """Rank the images of found people; near repetitions of an image that stands before them go to the end.

    Args:
        found: people on images without labels.
        labelled: annotated people of the same skeleton; rarity is measured against them.
        by: `rarity` of the predicted pose, low `confidence`, or `both`: the mean of both ranks.
        seed: of the clustering.
        hashes: difference hashes of the images; without them poses alone tell repetitions.
    """
    model, _ = fit_rarity(labelled, RareSettings(seeds=1, sweep=False, map_people=0), seed)
    table = model.sized(found.table)
    rarity = np.nan_to_num(model.judge(table).score)
    rarity[found.table.annotated.sum(1) < LEAST_JOINTS] = 0.0
    parts = {"rarity": _ranks(rarity), "confidence": _ranks(-found.score)}
    priority = np.mean(list(parts.values()), axis=0) if by == "both" else parts[by]
    order = np.argsort(-priority, kind="stable")
    _, first = np.unique(found.table.image[order], return_index=True)
    person = order[np.sort(first)]  # of each image the person of most priority
    like = _repetitions(found.table, person, frame_poses(table, person, model.sizes).joints[..., :2], hashes)
    person = np.concatenate([person[like < 0], person[like >= 0]])
    like = np.concatenate([like[like < 0], like[like >= 0]])
    return Ranking(found.table.image[person], person, priority[person], rarity[person], found.score[person], like)


def _ranks(values: PerPerson) -> PerPerson:
    """0 for the lowest to 1 for the highest; equal values share their mean."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    upto = np.cumsum(count)
    return np.asarray((upto - (count + 1) / 2)[place] / max(len(values) - 1, 1))


def _repetitions(
    table: PoseTable,
    person: Int64[np.ndarray, " images"],
    joints: Float[np.ndarray, "images joints 2"],
    hashes: UInt64[np.ndarray, " images"] | None,
) -> Int64[np.ndarray, " images"]:
    """For each ranked image the row of a better one that shows nearly the same, -1 where none does.

    The same are images of nearly one difference hash, or (without hashes) people of nearly the same pose in the same place.
    """
    known, image, box = table.annotated[person], table.image[person], table.bbox_xywh[person]
    like = np.full(len(person), -1, np.int64)
    kept: list[int] = []
    for place in range(len(person)):
        before = np.array(kept, np.int64)
        if hashes is not None:
            same = np.bitwise_count(hashes[image[before]] ^ hashes[image[place]]) <= SAME_HASH
        else:
            common = known[before] & known[place]
            distance = (np.linalg.norm(joints[before] - joints[place], axis=2) * common).sum(1) / np.maximum(common.sum(1), 1)
            enough = common.sum(1) >= max(LEAST_JOINTS, known[place].sum() // 2)
            same = (distance < SAME_POSE) & enough & (_overlap(box[before], box[place]) >= SAME_PLACE)
        if same.any():
            like[place] = image[before[same.argmax()]]
        else:
            kept.append(place)
    return like


def _overlap(boxes: Float[np.ndarray, "boxes 4"], box: Float[np.ndarray, " 4"]) -> Float[np.ndarray, " boxes"]:
    """Intersection over union of boxes with one box."""
    low, high = np.maximum(boxes[:, :2], box[:2]), np.minimum(boxes[:, :2] + boxes[:, 2:], box[:2] + box[2:])
    both = np.prod(np.clip(high - low, 0, None), axis=1)
    return both / np.maximum(np.prod(boxes[:, 2:], axis=1) + np.prod(box[2:]) - both, 1e-9)
