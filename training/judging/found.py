"""Results of a model as the Poses that the project's metrics take, on the images of the annotations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Int64

from smpl_assets.errors import InputError, StageError
from smpl_assets.skipped import Skipped
from training.evaluate_settings import EvaluateSettings
from training.judging.album import Placed
from training.judging.results import Results, read_coco_results
from training.judging.truth import Truth
from training.judging.yolo_results import read_yolo_results
from training.metrics.match import match_people
from training.metrics.person_errors import FAILED, errors_of
from training.poses import Poses

MOST_PER_IMAGE = 20  # COCO's evaluator looks at no more
UNKNOWN = "result of an image that the annotations don't know"
CROWDED = f"result beyond the {MOST_PER_IMAGE} best of its image"


def read_found(path: Path, truth: Truth) -> tuple[Poses, Skipped]:
    """Read a model's results: COCO JSON, a folder of YOLO's text files, or `predictions.npz` of this project.

    Rows are in the order in which COCO's evaluator looks at them: by image id, then as in the file.

    Raises:
        InputError: they cannot be used as a whole, none is on an image of the annotations, or there is nothing of the kind.
    """
    skipped = Skipped()
    if not path.exists():
        raise InputError(f"{path}: no such file or folder", "name a COCO results file, or a folder of YOLO's predictions")
    if path.suffix == ".npz":
        return _own(path, truth), skipped
    if path.is_dir():
        results = read_yolo_results(path, truth.keypoints, truth.album.size, skipped)
    else:
        results = read_coco_results(path, truth.keypoints, skipped)
    results = _of_people(results, truth, path, skipped)
    placed = truth.album.place(results.image, results.name)
    image, known = placed.row, placed.row >= 0
    for row in np.flatnonzero(~known):
        skipped.add(UNKNOWN, path, f"image {results.name[row] or results.image[row]}")
    if not known.any():
        theirs = next(str(i) if i is not None else n for i, n in zip(results.image, results.name, strict=True))
        ours = f"{next(iter(truth.ids), '-')} ({next(iter(truth.table.images.file_name), '-')})"
        raise InputError(
            f"{path}: none of {len(results)} results is on an image of {truth.file}; the results say {theirs}, "
            f"the annotations {ours}",
            "give the results on these images, with the ids or file names of the annotations",
        )
    kept = np.flatnonzero(known)
    kept = kept[np.argsort(truth.table.images.image_id[image[kept]], kind="stable")]
    kept = kept[_best(image[kept], results.score[kept], path, skipped)]
    skipped.read = len(kept)
    poses = _poses(results.select(kept), image[kept], truth, path)
    if note := _doubt(poses, placed, results, truth, path):
        skipped.remarks.append(note)
    return poses, skipped


def _own(path: Path, truth: Truth) -> Poses:
    try:
        poses = Poses.load(path)
    except StageError as error:
        raise InputError(error.what, "give predictions.npz of an `evaluate` unit") from error
    people, joints = len(truth.table), len(truth.table.skeleton)
    if len(poses.unusable) != people or poses.keypoints.shape[1] != joints:
        raise InputError(
            f"{path}: predictions of {len(poses.unusable)} people with {poses.keypoints.shape[1]} keypoints; {truth.file} holds "
            f"{people} with {joints}",
            "give the annotations that this run was evaluated on (data.validation)",
        )
    return poses


def _of_people(results: Results, truth: Truth, path: Path, skipped: Skipped) -> Results:
    """Without results of other categories, where the file has several and one of them is that of the annotated people."""
    named = {c for c in results.category if c is not None}
    if truth.people is None or len(named) < 2 or not named & truth.people:
        return results
    mine = np.array([c is None or c in truth.people for c in results.category])
    for row in np.flatnonzero(~mine):
        skipped.add("result of another category", path, f"category {results.category[row]}")
    return results.select(mine)


def _best(image: Int64[np.ndarray, " found"], score: np.ndarray, path: Path, skipped: Skipped) -> Int64[np.ndarray, " kept"]:
    """Rows, in their order, of the best results of each image."""
    order = np.lexsort((-score, image))
    start = np.searchsorted(image[order], image[order], "left")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - start
    for row in np.flatnonzero(rank >= MOST_PER_IMAGE):
        skipped.add(CROWDED, path, f"image row {image[row]}, score {score[row]:.3g}")
    return np.flatnonzero(rank < MOST_PER_IMAGE)


def _doubt(poses: Poses, placed: Placed, results: Results, truth: Truth, path: Path) -> str:
    """A sentence for users where more than twice as many people are found if the ids mean other images; else ''."""
    other = np.flatnonzero(placed.other >= 0)
    if not len(other) or np.array_equal(placed.row, placed.other):
        return ""
    ours = _people_found(poses, truth)
    theirs = _people_found(_poses(results.select(other), placed.other[other], truth, path), truth)
    if theirs <= 2 * ours:
        return ""
    return (
        f"{path}: image_id read as an image's {placed.way} finds {ours} people, as its {placed.other_way} it would find "
        f"{theirs}: give results the file_name of their image"
    )


def _people_found(poses: Poses, truth: Truth) -> int:
    """How many people have a result that fits them."""
    errors = errors_of(truth.table, match_people(poses, truth.table), EvaluateSettings())
    return int((errors.quality >= FAILED).sum())


def _poses(results: Results, image: Int64[np.ndarray, " found"], truth: Truth, path: Path) -> Poses:
    """In the skeleton's order of keypoints."""
    order, nothing = list(truth.order), np.full(len(results), -1, np.int64)
    return Poses(
        image=image, keypoints=results.keypoints[:, order], joint_score=results.joint_score[:, order], score=results.score,
        bbox_xywh=results.bbox_xywh, person=nothing, track=nothing.copy(), network=np.zeros(len(results), np.int64),
        unusable=np.zeros(len(truth.table), bool), networks=(path.stem,),
    )  # fmt: skip
