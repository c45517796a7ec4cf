"""COCO's greedy matching of predictions to people, for all images at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64

from smpl_assets.pose_table import PoseTable
from training.metrics.oks import THRESHOLDS, own_oks

CHUNK_PAIRS = 4_000  # their joints stay in the cache
_LIMITS = np.minimum(THRESHOLDS, 1 - 1e-10)
Rows = Int64[np.ndarray, " predictions"]
Predicted = Float[np.ndarray, "predictions joints 2"]
Hits = Bool[np.ndarray, "predictions thresholds"]
Block = Float[np.ndarray, "images ranks places"]


@dataclass(frozen=True)
class Matches:
    """What COCO's matching says of M predictions for n people.

    score: (M,) of the predictions. matched: (M, T) whether the prediction found a person at each OKS threshold.
    owner: (M,) the person whose prediction it is, -1 for one of nobody. people: n.
    ignored: (M, T) whether it stands on an annotation that does not count; then it is neither right nor wrong.
    """

    score: Float[np.ndarray, " predictions"]
    matched: Hits
    owner: Rows
    people: int
    ignored: Hits


@dataclass(frozen=True)
class Ignored:
    """K annotations that do not count: crowds, and people without an annotated joint.

    image: (K,) row of the images. keypoints: (K, J, 2) px. annotated: (K, J). area: (K,) px^2. bbox_xywh: (K, 4) px.
    crowd: (K,) whether any number of predictions may stand on it.
    """

    image: Int64[np.ndarray, " ignored"]
    keypoints: Float[np.ndarray, "ignored joints 2"]
    annotated: Bool[np.ndarray, "ignored joints"]
    area: Float[np.ndarray, " ignored"]
    bbox_xywh: Float[np.ndarray, "ignored 4"]
    crowd: Bool[np.ndarray, " ignored"]

    @classmethod
    def none(cls, joints: int) -> Ignored:
        """No annotation."""
        nobody = np.zeros(0, np.int64)
        points, flags = np.zeros((0, joints, 2)), np.zeros((0, joints), bool)
        return cls(nobody, points, flags, np.zeros(0), np.zeros((0, 4)), np.zeros(0, bool))


def match(
    predicted: Predicted,
    score: Float[np.ndarray, " predictions"],
    image: Rows,
    owner: Rows,
    table: PoseTable,
    ignored: Ignored | None = None,
) -> Matches:
    """Match predictions to people image by image, as COCO's evaluator does: best score first, each person taken once.

    The people of the table are all there is: others of the same image neither help nor hurt. `image` indexes its images, `owner`
    its people (-1: nobody's). Every person needs an annotated joint and an area. `ignored` may take what finds nobody.
    """
    truth = _Truth.of(table, ignored or Ignored.none(len(table.skeleton)))
    matched, passed = np.zeros((2, len(score), len(THRESHOLDS)), bool)
    for rows, people in _blocks(image, score, truth.image):
        similarity = _similarity(predicted, rows, truth, people)
        found, left = _match_block(similarity, np.where(people >= 0, truth.counts[people], False), truth.crowd[people])
        there = rows >= 0
        matched[rows[there]], passed[rows[there]] = found[there], left[there]
    return Matches(score, matched, owner, len(table), passed)


@dataclass(frozen=True)
class _Truth:
    """Annotations in the order in which ties are lost: people who count, then those that do not, last ones first."""

    image: Int64[np.ndarray, " people"]
    keypoints: Float[np.ndarray, "people joints 2"]
    annotated: Bool[np.ndarray, "people joints"]
    area: Float[np.ndarray, " people"]
    bbox_xywh: Float[np.ndarray, "people 4"]
    crowd: Bool[np.ndarray, " people"]
    counts: Bool[np.ndarray, " people"]
    sigmas: Float[np.ndarray, " joints"]

    @classmethod
    def of(cls, table: PoseTable, ignored: Ignored) -> _Truth:
        names = ("image", "keypoints", "annotated", "area", "bbox_xywh")
        columns = {n: np.concatenate([getattr(table, n)[::-1], getattr(ignored, n)[::-1]]) for n in names}
        counts = np.arange(len(columns["image"])) < len(table)
        crowd = np.concatenate([np.zeros(len(table), bool), ignored.crowd[::-1]])
        return cls(**columns, crowd=crowd, counts=counts, sigmas=np.array(table.skeleton.sigmas))


def _blocks(
    image: Rows, score: Float[np.ndarray, " predictions"], truth: Int64[np.ndarray, " people"]
) -> Iterator[tuple[Int64[np.ndarray, "images ranks"], Int64[np.ndarray, "images places"]]]:
    """Images with about as many predictions and people together: rows of both, predictions by falling score, -1 where none is."""
    images = int(max(image.max(initial=-1), truth.max(initial=-1))) + 1
    order, people = np.lexsort((-score, image)), np.argsort(truth, kind="stable")
    counts = np.stack([np.bincount(image, minlength=images), np.bincount(truth, minlength=images)])
    starts = np.cumsum(counts, axis=1) - counts
    both = np.flatnonzero((counts > 0).all(0))
    sizes = 2 ** np.ceil(np.log2(counts[:, both])).astype(np.int64)
    for width, height in np.unique(sizes, axis=1).T.tolist():
        chosen = both[(sizes == [[width], [height]]).all(0)]
        for part in np.array_split(chosen, -(-len(chosen) * width * height // CHUNK_PAIRS)):
            yield (
                _padded(order, starts[0, part], counts[0, part], width),
                _padded(people, starts[1, part], counts[1, part], height),
            )


def _padded(rows: np.ndarray, start: np.ndarray, count: np.ndarray, width: int) -> np.ndarray:
    """The rows of each image side by side, -1 behind its last one."""
    places = np.arange(width)
    return np.where(places < count[:, None], rows[np.minimum(start[:, None] + places, len(rows) - 1)], -1)


def _similarity(
    predicted: Predicted, rows: Int64[np.ndarray, "images ranks"], truth: _Truth, people: Int64[np.ndarray, "images places"]
) -> Block:
    """OKS of each prediction with each annotation of its image; -1 where one of both is none."""
    similarity = np.full((*rows.shape, people.shape[1]), -1.0)
    pair = np.nonzero((rows[:, :, None] >= 0) & (people[:, None, :] >= 0))
    found, person = predicted[rows[pair[0], pair[1]]], people[pair[0], pair[2]]
    place, there = truth.keypoints[person], truth.annotated[person]
    blank = ~there.any(1)
    if blank.any():
        place[blank], there[blank] = _nearest(found[blank], truth.bbox_xywh[person[blank]]), True
    similarity[pair] = own_oks(found, place, there, truth.area[person], truth.sigmas)
    return similarity


def _nearest(points: Predicted, bbox_xywh: Float[np.ndarray, "predictions 4"]) -> Predicted:
    """The nearest places in boxes of twice the size: what COCO compares with where nothing is annotated.

    COCO takes its pixel indices, half a pixel less than ours, for edges of boxes.
    """
    corner, size = bbox_xywh[:, None, :2] + 0.5, bbox_xywh[:, None, 2:]
    return np.clip(points, corner - size, corner + 2 * size)


def _match_block(
    similarity: Block, counts: Bool[np.ndarray, "images places"], crowd: Bool[np.ndarray, "images places"]
) -> tuple[Bool[np.ndarray, "images ranks thresholds"], Bool[np.ndarray, "images ranks thresholds"]]:
    """Which predictions found a person, and which stand on an annotation that does not count.

    Among equal similarities the first annotation wins here, which is the last of the file as in pycocotools.
    """
    images, predictions, people = similarity.shape
    matched, passed = np.zeros((2, images, predictions, len(_LIMITS)), bool)
    free = np.ones((images, len(_LIMITS), people), bool)
    kinds = [(counts, matched)] + ([] if counts.all() else [(~counts, passed)])
    for rank in range(predictions):
        open_ = np.ones((images, len(_LIMITS)), bool)
        for kind, result in kinds:
            candidates = np.where(free & kind[:, None], similarity[:, None, rank], -1.0)
            best = candidates.argmax(2)
            hit = open_ & (np.take_along_axis(candidates, best[..., None], 2)[..., 0] >= _LIMITS)
            result[:, rank], open_ = hit, open_ & ~hit
            at, threshold = np.nonzero(hit)
            taken = best[at, threshold]
            free[at, threshold, taken] = crowd[at, taken]
    return matched, passed
