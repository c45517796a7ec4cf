"""The people of a PoseTrack file as they go into a frame, and what every one of them has to keep."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from smpl_assets.errors import InputError
from training.datasets.identity import identity
from training.tracking.people import People

NO_SCORE = -9999.0  # what poseval gives a joint without a score
FEW_POINTS = "region to ignore without three points: left out"
NO_SCORES = "prediction without `scores`: each joint counts with -9999, as in poseval"
NO_NUMBERS = "joint whose three numbers are null or NaN: not there"
_FARTHEST = 1e7  # px; nobody's coordinates


@dataclass(frozen=True)
class Row:
    """One person of one frame, as in `People`."""

    keypoints: Float[np.ndarray, "joints 2"]
    joint_scores: Float[np.ndarray, " joints"]
    visible: Bool[np.ndarray, " joints"]
    score: float
    track: int
    head_box: Float[np.ndarray, " 4"]


@dataclass(frozen=True)
class Entry:
    """Where a person stands in its file, for errors."""

    file: Path
    name: str

    def wrong(self, what: str, next_step: str) -> InputError:
        """An error about it."""
        return InputError(f"{self.file}: {self.name}: {what}", next_step)


def make_row(
    entry: Entry,
    joints: tuple[str, ...],
    keypoints: Float[np.ndarray, "joints 2"],
    present: Bool[np.ndarray, " joints"],
    visible: Bool[np.ndarray, " joints"],
    scores: Float[np.ndarray, " joints"] | None,
    score: Any,
    track: Any,
    head_box: Float[np.ndarray, " 4"],
    predicted: bool,
) -> Row:
    """A person, checked. keypoints: anything where a joint is not present. scores: None where the file has none.

    Raises:
        InputError: a coordinate is not finite or beyond any picture, a score is not finite, or the track is no whole number.
    """
    for joint in np.flatnonzero(present & ~(np.abs(keypoints) < _FARTHEST).all(1)):
        x, y = keypoints[joint]
        raise entry.wrong(f"{joints[joint]} lies at ({x:g}, {y:g}): no place", "write 0, 0, 0 for a joint that is not there")
    if scores is not None and not np.isfinite(scores[present]).all():
        worst = int(np.flatnonzero(present & ~np.isfinite(scores))[0])
        raise entry.wrong(f"the score of {joints[worst]} is {scores[worst]}: no number", "give every joint a finite score")
    number = identity(track)
    if not isinstance(number, int) or abs(number) >= 2**63:
        given = "no track_id" if track is None else f"track_id {track!r} is no whole number"
        raise entry.wrong(given, "give every person of a sequence its own whole number as `track_id`, the same in all frames")
    own = scores if scores is not None else np.full(len(joints), NO_SCORE if predicted else 1.0)
    mean = float(own[present].mean()) if present.any() and scores is not None else 1.0
    told = float(score) if isinstance(score, (int, float)) and np.isfinite(score) else mean
    places = np.where(present[:, None], keypoints, np.nan)
    return Row(places, np.where(present, own, 0.0), visible & present, told, number, head_box)


def size_of(entry: dict[str, Any]) -> tuple[int, int]:
    """`height` and `width`, 0 where one is no whole number: nothing is measured by them."""
    sides = (identity(entry.get(side)) for side in ("height", "width"))
    height, width = (side if isinstance(side, int) else 0 for side in sides)
    return height, width


def facts_of(document: dict[str, Any]) -> dict[str, Any]:
    """What the maker of a sequence recorded; nothing where that is no table."""
    facts = document.get("facts")
    return dict(facts) if isinstance(facts, dict) else {}


def people_of(rows: Collection[Row], joints: int, file: Path, frame: str) -> People:
    """The people of a frame; InputError where two of them have one track."""
    tracks = [r.track for r in rows]
    if len(set(tracks)) < len(tracks):
        twice = next(t for t in tracks if tracks.count(t) > 1)
        raise InputError(f"{file}: track {twice} stands {tracks.count(twice)} times in frame {frame}", "one person, one track_id")
    return People(
        keypoints=np.array([r.keypoints for r in rows], np.float64).reshape(-1, joints, 2),
        joint_scores=np.array([r.joint_scores for r in rows], np.float64).reshape(-1, joints),
        visible=np.array([r.visible for r in rows], bool).reshape(-1, joints),
        scores=np.array([r.score for r in rows], np.float64),
        ids=np.array(tracks, np.int64),
        head_boxes=np.array([r.head_box for r in rows], np.float64).reshape(-1, 4),
    )
