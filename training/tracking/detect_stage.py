"""The stage `track`, its units `detect`: what the network finds in the sequences, once for all trackers."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence as Rows
from pathlib import Path

import numpy as np

from smpl_assets.archive import write_json
from smpl_assets.work import Bench
from training.tracking.checkpoint import FILE, load_tracker
from training.tracking.detections import DETECTIONS, Detections, save_detections
from training.tracking.eye import Eye, Sight
from training.tracking.film import Film, skeleton_of
from training.tracking.network_settings import Reading
from training.tracking.people import UNTRACKED, People, Sequence, nobody
from training.tracking.settings import Poses, TrackSettings

VERSION = 1


def detect_people(films: Rows[Film], trained: Path, poses: Poses, apart: int, settings: TrackSettings, bench: Bench) -> None:
    """Look at every sequence; writes `detections/NAME.npz` and `summary.json`.

    Args:
        films: the sequences.
        trained: the folder of `track_train`'s unit `tml`.
        poses: whose people are compared: the network's own, or the truth's, without their ids, of the labelled frames alone.
        apart: frames up to so far apart are compared; those that are not shown do not count.
        settings: the `track` section.
        bench: where to work.
    """
    eye = Eye(load_tracker(trained / FILE, skeleton_of(films), bench.device), settings.decode, settings.frame_height)
    (bench.out / DETECTIONS).mkdir()
    people = 0
    for done, film in enumerate(films, start=1):
        given, shown = (truth(film.sequence), labelled(film.sequence)) if poses == "truth" else (None, None)
        found = detect(film, eye, apart, given, shown)
        save_detections(bench.out / DETECTIONS / f"{film.sequence.name}.npz", found)
        people += sum(map(len, found.people))
        bench.progress(done, len(films))
    write_json(bench.out / "summary.json", {"sequences": len(films), "people": people})


def detect(
    film: Film, eye: Eye, apart: int, given: tuple[People, ...] | None = None, shown: tuple[int, ...] | None = None
) -> Detections:
    """Look at every frame that is shown, and compare each with those up to `apart` before it.

    given: people of every frame, to be tracked instead of those that are found. shown: places of the frames, None = all.
    """
    sights: deque[Sight] = deque(maxlen=apart + 1)
    people: list[People] = []
    flow: dict[tuple[Reading, int], list[np.ndarray]] = {(r, n): [] for r in eye.readings for n in range(1, apart + 1)}
    for place in film.places(shown):
        sight = eye.see(film.picture(place))
        sights.append(sight)
        people.append(given[place] if given else sight.people)
        for back in range(1, len(sights)):
            scores = eye.flow(sights[-1 - back], sight, people[-1 - back], people[-1])
            for reading, matrix in scores.items():
                flow[reading, back].append(matrix)
    return Detections(tuple(people), {key: tuple(found) for key, found in flow.items()}, shown)


def truth(sequence: Sequence) -> tuple[People, ...]:
    """The annotated people of each frame without their ids, nobody where it has no labels."""
    none = nobody(len(sequence.joints))
    return tuple(none if f.people is None else _unnamed(f.people) for f in sequence.frames)


def labelled(sequence: Sequence) -> tuple[int, ...] | None:
    """Places of the labelled frames, None where all are, or none is.

    A tracker on the truth's poses is shown these alone: of the others nobody knows who is there, and its memory is not for them.
    """
    places = tuple(place for place, frame in enumerate(sequence.frames) if frame.people is not None)
    return places if 0 < len(places) < len(sequence.frames) else None


def _unnamed(people: People) -> People:
    """People of the ground truth as a tracker gets them: without their ids."""
    ids, scores = np.full(len(people), UNTRACKED), np.ones(len(people))
    return People(people.keypoints, people.present.astype(np.float64), people.visible, scores, ids, people.head_boxes)
