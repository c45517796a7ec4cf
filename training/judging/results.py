"""What a model found, read from the files that its tool wrote; nothing is trusted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int64

from smpl_assets.errors import InputError
from smpl_assets.skipped import Malformed, Skipped
from training.datasets.files import load_json, require_file
from training.datasets.identity import Identity, identity

LARGEST_BYTES = 2**30
_FARTHEST_PX = 1e6
_NORMALISED = 2.0  # coordinates that all lie within are no pixels
SizeOf = Callable[[str], tuple[int, int] | None]


@dataclass(frozen=True, eq=False)
class Results:
    """M found people, as a model's files have them.

    image: (M,) the id that each gives its image, None without; name: (M,) the image's name or path, '' without.
    keypoints: (M, J, 2) continuous px, in the order of the files. joint_score: (M, J), 1 where none is given. score: (M,).
    bbox_xywh: (M, 4) px, around the keypoints where none is given. category: (M,) its id, None without.
    """

    image: tuple[Identity | None, ...]
    name: tuple[str, ...]
    keypoints: Float[np.ndarray, "found joints 2"]
    joint_score: Float[np.ndarray, "found joints"]
    score: Float[np.ndarray, " found"]
    bbox_xywh: Float[np.ndarray, "found 4"]
    category: tuple[Identity | None, ...]

    def __len__(self) -> int:
        return len(self.score)

    def select(self, rows: Bool[np.ndarray, " found"] | Int64[np.ndarray, " chosen"]) -> Results:
        """The given rows, in that order."""
        index = np.flatnonzero(rows) if rows.dtype == bool else rows
        image, category = (tuple(ids[i] for i in index) for ids in (self.image, self.category))
        return Results(
            image, tuple(self.name[i] for i in index), self.keypoints[index], self.joint_score[index], self.score[index],
            self.bbox_xywh[index], category,
        )  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One found person. score: NaN where none is given; joint_score: (J,), NaN there."""

    image: Identity | None
    name: str
    keypoints: Float[np.ndarray, "joints 2"]
    joint_score: Float[np.ndarray, " joints"]
    score: float
    bbox_xywh: Float[np.ndarray, " 4"]
    category: Identity | None = None


def read_coco_results(path: Path, keypoints: Sequence[str], skipped: Skipped) -> Results:
    """COCO results JSON: a list of objects with `image_id` (or `file_name`), `keypoints` and `score`.

    Keypoints are flat x, y, score (or x, y), or pairs and triples; coordinates count pixels from 0.

    Args:
        path: the file.
        keypoints: names of the annotations' keypoints, for their number and for errors.
        skipped: gets the entries left out.

    Raises:
        InputError: the file cannot be used as a whole: too large, no list, empty, another skeleton, normalised coordinates.
    """
    size = require_file(path, "a COCO results file").stat().st_size
    if size > LARGEST_BYTES:
        raise InputError(
            f"{path}: {size / 2**30:.1f} GiB; a results file is read whole and may hold at most {LARGEST_BYTES / 2**30:.0f} GiB",
            "keep the 20 best results of each image (COCO counts no more), or split the images",
        )
    entries = load_json(path, "a COCO results file")
    if isinstance(entries, dict):  # whole COCO documents with predictions in them
        entries = next(
            (entries[k] for k in ("annotations", "predictions", "results") if isinstance(entries.get(k), list)), entries
        )
    if not isinstance(entries, list):
        raise InputError(
            f"{path}: the top level is no list of results (objects with image_id, keypoints, score)",
            "give the results file, as pycocotools' loadRes takes it",
        )
    if not entries:
        raise InputError(f"{path}: holds no results at all", "check that the model ran on these images, and its score threshold")
    return gather(_parsed(entries, path, len(keypoints), skipped), path, keypoints, skipped)


def gather(entries: Iterable[Entry], path: Path, keypoints: Sequence[str], skipped: Skipped) -> Results:
    """Stack entries; InputError where nothing is left or coordinates are no pixels."""
    found = _with_scores(list(entries), path, skipped)
    if not found:
        wrong = any(WRONG_NUMBER in reason for reason in skipped.counts)
        listed = f"{len(keypoints)} ({', '.join(keypoints[:3])}, ...)"
        step = f"the annotations have {listed} keypoints: give results of that skeleton" if wrong else "correct the entries"
        example = next((e["entry"] for e in skipped.entries), "")
        raise InputError(f"{path}: no usable result ({skipped.summary()}); {example}", step)
    points = np.stack([e.keypoints for e in found])
    if np.abs(points - 0.5).max() <= _NORMALISED:
        raise InputError(
            f"{path}: all {len(points)} results lie within {np.abs(points - 0.5).max():.3g} px of the corner: the coordinates "
            "are normalised, pixels are expected",
            "multiply x and y by the width and height of each image",
        )
    return Results(
        tuple(e.image for e in found), tuple(e.name for e in found), points,
        np.nan_to_num(np.stack([e.joint_score for e in found]), nan=1.0), np.array([e.score for e in found]),
        np.stack([e.bbox_xywh for e in found]), tuple(e.category for e in found),
    )  # fmt: skip


WRONG_NUMBER, NO_SCORE, NOT_FINITE = "wrong number of keypoints", "result without a score", "NaN or infinite value"


def _with_scores(entries: list[Entry], path: Path, skipped: Skipped) -> list[Entry]:
    """Entries with a score each: where no entry has one, the mean of its joints' scores, else 1."""
    has = np.array([not math.isnan(e.score) for e in entries], bool)
    if has.any():
        for number in np.flatnonzero(~has):
            skipped.add(NO_SCORE, path, f"a result of image {entries[number].image or entries[number].name}")
        return [e for e, there in zip(entries, has, strict=True) if there]
    if not entries:
        return entries
    means = np.array([np.nanmean(e.joint_score) if np.isfinite(e.joint_score).any() else np.nan for e in entries])
    if np.isfinite(means).all() and np.ptp(means) > 0:
        skipped.remarks.append(f"{path}: no result has a score; the mean of its joints' scores is taken in its place")
        return [replace(e, score=float(m)) for e, m in zip(entries, means, strict=True)]
    skipped.remarks.append(f"{path}: no result has a score, nor joints with scores: all count alike, so AP says little")
    return [replace(e, score=1.0) for e in entries]


def _parsed(entries: list[Any], path: Path, joints: int, skipped: Skipped) -> Iterable[Entry]:
    for number, entry in enumerate(entries):
        where = f"results[{number}]" + (f" (image {entry.get('image_id')})" if isinstance(entry, dict) else "")
        try:
            yield _entry(entry, joints)
        except Malformed as problem:
            skipped.add(problem.reason, path, where + (f": {problem.detail}" if problem.detail else ""))
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            skipped.add("entry incomplete or of the wrong type", path, f"{where}: {type(error).__name__} {error}")


def _entry(entry: Any, joints: int) -> Entry:
    if not isinstance(entry, dict) or entry.get("keypoints") is None:
        raise Malformed("result without keypoints")
    image, name = identity(entry.get("image_id")), entry.get("file_name")
    if image is None and not isinstance(name, str):
        raise Malformed("result without an image id")
    values = np.asarray(entry["keypoints"], np.float64).reshape(-1)
    if len(values) not in (2 * joints, 3 * joints):
        raise Malformed(WRONG_NUMBER, f"{len(values)} numbers, {3 * joints} expected")
    rows = values.reshape(joints, -1)
    given = np.asarray(entry.get("keypoint_scores", np.full(joints, np.nan)), np.float64)
    score = entry.get("score")
    if isinstance(score, bool) or (score is not None and not isinstance(score, (int, float))):
        raise Malformed("score is no number", str(score)[:40])
    return make_entry(
        rows[:, :2] + 0.5, rows[:, 2] if rows.shape[1] == 3 else given, math.nan if score is None else float(score),
        entry.get("bbox"), image, name if isinstance(name, str) else "", identity(entry.get("category_id")),
        scored=score is not None,
    )  # fmt: skip


def make_entry(
    points: Float[np.ndarray, "joints 2"],
    joint_score: Float[np.ndarray, "*joints"],
    score: float,
    box: Any,
    image: Identity | None,
    name: str,
    category: Identity | None,
    scored: bool = True,
) -> Entry:
    """Checked; Malformed if a number is none. box: None or of no use: one around the keypoints."""
    if not np.isfinite(points).all() or (scored and not math.isfinite(score)) or np.isinf(joint_score).any():
        raise Malformed(NOT_FINITE)
    if np.abs(points).max() > _FARTHEST_PX:
        raise Malformed("coordinate beyond any image", f"{np.abs(points).max():.3g} px")
    if joint_score.shape != (len(points),):
        raise Malformed("wrong number of joint scores")
    low, high = points.min(0), points.max(0)
    own = np.concatenate([low, high - low])
    given = np.asarray(box, np.float64) if isinstance(box, (list, np.ndarray)) and len(box) == 4 else own
    usable = np.isfinite(given).all() and (given[2:] > 0).all()
    return Entry(image, name, points, joint_score, score, given if usable else own, category)
