"""Which predicted track everybody was in each frame."""

from __future__ import annotations

from collections.abc import Sequence as Rows
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import linear_sum_assignment

from smpl_assets.drawing.timeline import Line, spans
from smpl_assets.skipped import Skipped
from training.metrics.identity import LEAST
from training.metrics.track_frames import people_tracks
from training.metrics.track_pairs import pair_sequence
from training.tracking.people import Sequence


@dataclass(frozen=True)
class Named:
    """Per annotated person (by id) and labelled frame: the predicted track, None where nobody found the person.

    present: whether the person is annotated there.
    """

    tracks: dict[int, list[int | None]]
    present: dict[int, list[bool]]

    @property
    def swaps(self) -> list[int]:
        """The frames in which somebody has another track than before, a frame once per person."""
        found = []
        for row in self.tracks.values():
            known = [(frame, track) for frame, track in enumerate(row) if track is not None]
            found += [later for (_, a), (later, b) in pairwise(known) if a != b]
        return sorted(found)

    def lines(self) -> list[Line]:
        """A line per person."""
        there = {i: spans([0 if p else None for p in row]) for i, row in self.present.items()}
        return [Line(f"person {i + 1}", spans(row), there[i]) for i, row in self.tracks.items()]


def name_people(truth: Sequence, predicted: Sequence) -> Named:
    """Match frame by frame, each person with the most similar prediction of at least half similarity."""
    tracks = people_tracks(pair_sequence(truth, predicted, Skipped()))
    own = _numbers([f.people.ids for f in truth.frames if f.people is not None])
    images = {f.image for f in truth.frames if f.people is not None}
    theirs = _numbers([f.people.ids for f in predicted.frames if f.people is not None and f.image in images])
    named: dict[int, list[int | None]] = {int(i): [None] * len(tracks.frames) for i in own}
    present = {int(i): [False] * len(tracks.frames) for i in own}
    for number, frame in enumerate(tracks.frames):
        for person in frame.truth:
            present[int(own[person])][number] = True
        if frame.similarity.size:
            for row, column in zip(*linear_sum_assignment(-frame.similarity), strict=True):
                if frame.similarity[row, column] >= LEAST:
                    named[int(own[frame.truth[row]])][number] = int(theirs[frame.predicted[column]])
    return Named(named, present)


def _numbers(ids: Rows[np.ndarray]) -> np.ndarray:
    return np.unique(np.concatenate([np.zeros(0, np.int64), *ids]))
