"""One file of PoseTrack 2017 as a sequence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from smpl_assets.errors import InputError
from smpl_assets.skeletons import get_skeleton
from smpl_assets.skipped import Malformed, Skipped
from training.datasets.identity import identity, is_set
from training.datasets.posetrack17 import frame_name, keypoints17, rectangles, regions, value
from training.datasets.sequence_rows import FEW_POINTS, NO_SCORE, NO_SCORES, Entry, Row, facts_of, make_row, people_of, size_of
from training.tracking.people import Frame, Sequence

JOINTS = get_skeleton("posetrack15").keypoints


def read_17(document: dict[str, Any], file: Path, predicted: bool, noted: Skipped) -> Sequence:
    """The document of a file with `annolist`.

    Raises:
        InputError: as `read_sequences`.
    """
    frames = []
    for number, frame in enumerate(document["annolist"]):
        name = frame_name(frame)
        if name is None:
            raise InputError(f"{file}: annolist[{number}] names no image", "give every frame its image's name")
        listed = frame.get("ignore_regions") or []
        ignore = tuple(np.array(outline[0], np.float64).reshape(-1, 2) for outline in regions(listed))
        for _ in range(len(listed) - len(ignore)):
            noted.note(FEW_POINTS, file, name)
        rows = []
        for position, rectangle in enumerate(rectangles(frame)):
            where = Entry(file, f"annorect[{position}] of {name}")
            rows.append(_row(rectangle, where, predicted))
            if predicted and (rows[-1].joint_scores == NO_SCORE).any():
                noted.note(NO_SCORES, file, where.name)
        labelled = is_set(value(frame.get("is_labeled", [1])))
        people = people_of(rows, len(JOINTS), file, name) if labelled or rows else None
        told = identity(value(frame.get("imgnum")))
        frames.append(Frame(name, told if isinstance(told, int) and told else number + 1, people, ignore))
    height, width = size_of(document)
    return Sequence(file.stem, JOINTS, height, width, tuple(frames), facts_of(document))


def _row(rectangle: Any, where: Entry, predicted: bool) -> Row:
    try:
        points = (value(rectangle.get("annopoints")) or {}).get("point") or []
        keypoints, flags = keypoints17(points)
        scores = _scores(points)
        corners = [value(rectangle.get(n)) for n in ("x1", "y1", "x2", "y2")]
        box = np.full(4, np.nan) if None in corners else np.array(corners, np.float64)
    except Malformed as problem:
        raise where.wrong(f"{problem.reason} ({problem.detail})", "correct the entry") from problem
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise where.wrong(f"incomplete or of the wrong type ({type(error).__name__} {error})", "correct the entry") from error
    return make_row(
        where, JOINTS, keypoints, flags > 0, flags == 2, scores, value(rectangle.get("score")), value(rectangle.get("track_id")),
        box, predicted,
    )  # fmt: skip


def _scores(points: list[Any]) -> np.ndarray | None:
    """(15,) scores of the listed points, NO_SCORE where one has none; None where no point has one."""
    if not any("score" in p for p in points):
        return None
    scores = np.full(len(JOINTS), NO_SCORE)
    for point in points:
        if "score" in point:
            scores[int(value(point["id"]))] = float(value(point["score"]))
    return scores
