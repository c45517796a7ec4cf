"""PoseTrack files (2017, 2018, 2021), annotations and predictions alike, as sequences: whole, or refused with the reason.

`read_posetrack` reads the same files as a set of people for training, and leaves single bad entries out; a track with holes or a
frame that moved up would change every figure of an evaluation, so nothing is left out here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from smpl_assets.errors import InputError
from smpl_assets.skipped import Skipped
from training.datasets.coco import PeopleCategory, polygons
from training.datasets.files import load_json, require_list
from training.datasets.identity import Identity, identity, is_missing, is_set
from training.datasets.posetrack_sequences17 import read_17
from training.datasets.sequence_rows import (
    FEW_POINTS,
    NO_NUMBERS,
    NO_SCORES,
    Entry,
    Row,
    facts_of,
    make_row,
    people_of,
    size_of,
)
from training.tracking.people import Frame, Sequence

_PER_JOINT = "one per keypoint that `categories` names"
_COUNTED = {"keypoints": f"x, y, flag: {_PER_JOINT}", "scores": _PER_JOINT, "bbox_head": "x, y, width, height"}


def read_sequences(path: Path, predicted: bool = False) -> tuple[list[Sequence], Skipped]:
    """The sequences of a folder with one JSON each, by name, or of one such file.

    Coordinates become continuous px (+0.5); a joint is there unless its three numbers are zero, hidden under flag 0 with a place.

    Args:
        path: the folder or file.
        predicted: predictions, whose joints need scores.

    Returns:
        The sequences, and in `noted` what somebody should know of them.

    Raises:
        InputError: no JSON there, or one that breaks a rule; it names file, entry, value.
    """
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise InputError(f"{path}: no .json file in this folder", "name the folder that holds one file per sequence")
    noted = Skipped()
    return [read_sequence(file, predicted, noted) for file in files], noted


def read_sequence(file: Path, predicted: bool, noted: Skipped) -> Sequence:
    """One file, named as the file without its ending; see `read_sequences`."""
    document = load_json(file, "a PoseTrack sequence")
    if isinstance(document, dict) and isinstance(document.get("annolist"), list):
        return read_17(document, file, predicted, noted)
    return _read_18(document, file, predicted, noted)


def _read_18(document: Any, file: Path, predicted: bool, noted: Skipped) -> Sequence:
    listed = require_list(document, "images", file)
    category = PeopleCategory(require_list(document, "categories", file), file)
    joints = category.skeleton.keypoints
    images = [_image(position, image, file) for position, image in enumerate(listed)]
    videos = sorted({str(i["vid_id"]) for _, i in images if i.get("vid_id") is not None})
    if len(videos) > 1:
        raise InputError(f"{file}: holds {len(videos)} videos ({', '.join(videos[:4])})", "write one file per sequence")
    rows: dict[Identity, list[Row]] = {number: [] for number, _ in images}
    if len(rows) < len(images):
        raise InputError(f"{file}: two images have one id", "give every frame its own `id`")
    for position, entry in enumerate(require_list(document, "annotations", file)):
        if not isinstance(entry, dict) or category.has(entry) is False:
            continue
        where = Entry(file, f"annotation {entry.get('id', f'number {position}')} (image {entry.get('image_id')})")
        image = identity(entry.get("image_id"))
        if image not in rows:
            raise where.wrong("its image is none of the file's", "list every frame in `images`, and name one as `image_id`")
        if predicted and entry.get("scores") is None:
            noted.note(NO_SCORES, file, where.name)
        rows[image].append(_row(entry, category, where, predicted, noted))
    height, width = size_of(images[0][1] if images else {})
    frames = tuple(_frame(p, number, image, rows[number], len(joints), file, noted) for p, (number, image) in enumerate(images))
    return Sequence(file.stem, joints, height, width, frames, facts_of(document))


def _image(position: int, image: Any, file: Path) -> tuple[Identity, dict[str, Any]]:
    number = identity(image.get("id")) if isinstance(image, dict) else None
    if number is None or not isinstance(image.get("file_name"), str):
        raise InputError(f"{file}: images[{position}] has no `id` or no `file_name`", "give every frame both")
    return number, image


def _frame(
    position: int, number: Identity, image: dict[str, Any], rows: list[Row], joints: int, file: Path, noted: Skipped
) -> Frame:
    outlines = image.get("ignore_regions_x") or []
    ignore = tuple(np.array(p[0], np.float64).reshape(-1, 2) for p in polygons(outlines, image.get("ignore_regions_y")))
    for _ in range(len(outlines) - len(ignore)):
        noted.note(FEW_POINTS, file, image["file_name"])
    labelled = is_set(image.get("is_labeled", image.get("has_labeled_person", True)))
    people = people_of(rows, joints, file, image["file_name"]) if labelled or rows else None
    return Frame(image["file_name"], number if isinstance(number, int) else position, people, ignore)


def _row(entry: dict[str, Any], category: PeopleCategory, where: Entry, predicted: bool, noted: Skipped) -> Row:
    joints, order = category.skeleton.keypoints, list(category.order)
    points = _numbers(entry.get("keypoints") or [0.0] * (3 * len(joints)), 3 * len(joints), "keypoints", where)
    points = points.reshape(-1, 3)[order]
    unsaid = np.isnan(points).all(1)
    for _ in range(int(unsaid.sum())):
        noted.note(NO_NUMBERS, where.file, where.name)
    scores = entry.get("scores")
    head = entry.get("bbox_head")
    corner = np.full(4, np.nan) if not head else _numbers(head, 4, "bbox_head", where)
    return make_row(
        where, joints,
        keypoints=points[:, :2] + 0.5,
        present=~unsaid & (points != 0).any(1),
        visible=points[:, 2] > 0,
        scores=None if scores is None else _numbers(scores, len(joints), "scores", where)[order],
        score=entry.get("score"),
        track=entry.get("person_id") if is_missing(entry.get("track_id")) else entry["track_id"],
        head_box=np.concatenate([corner[:2], corner[:2] + corner[2:]]),
        predicted=predicted,
    )  # fmt: skip


def _numbers(values: Any, count: int, name: str, where: Entry) -> Float[np.ndarray, " count"]:
    """A list of so many numbers, null as NaN."""
    try:
        numbers = np.array(values, np.float64)
    except (TypeError, ValueError) as error:
        raise where.wrong(f"`{name}` holds something else than numbers ({error})", f"give {count} numbers") from error
    if numbers.shape != (count,):
        raise where.wrong(f"`{name}` has {numbers.size} numbers, {count} expected", _COUNTED[name])
    return numbers
