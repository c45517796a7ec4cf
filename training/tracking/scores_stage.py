"""The stage `track`, its unit `scores`: which joints and people count for MOTA, chosen on training sequences."""

from __future__ import annotations

import json
from collections.abc import Sequence as Rows
from dataclasses import replace
from itertools import product
from pathlib import Path

from smpl_assets.archive import write_json
from smpl_assets.work import Bench
from training.datasets.posetrack_writer import confident
from training.metrics.bootstrap import point
from training.metrics.track_evaluation import evaluate_tracks
from training.metrics.track_intervals import track_statistics
from training.tracking.baselines.options import DistanceOptions
from training.tracking.checkpoint import FILE, load_tracker
from training.tracking.detect_stage import detect
from training.tracking.eye import Eye
from training.tracking.film import Film, skeleton_of
from training.tracking.method import Setting
from training.tracking.people import Sequence
from training.tracking.settings import BASELINE, SCORES, TrackSettings
from training.tracking.table import TRACKERS
from training.tracking.track_stage import Scores, track_film

VERSION = 1
_JOINTS, _PEOPLE = tuple(n / 10 for n in range(10)), tuple(n / 5 for n in range(7))


def choose_scores(films: Rows[Film], trained: Path, settings: TrackSettings, bench: Bench) -> None:
    """Write scores.json: the pair of scores with the best MOTA on these sequences, and the MOTA of every pair.

    The people are those that `distance` tracks, so that the choice says nothing about trackers; with equal MOTA the lower
    scores are taken. What the settings fix is not chosen.

    Args:
        films: training sequences.
        trained: the folder of `track_train`'s unit `tml`.
        settings: the `track` section.
        bench: where to work.
    """
    eye = Eye(load_tracker(trained / FILE, skeleton_of(films), bench.device), settings.decode, settings.frame_height)
    tracker = TRACKERS.load(BASELINE).open(DistanceOptions(memory=1), Setting(skeleton_of(films)))
    tracked = []
    for done, film in enumerate(films, start=1):
        tracked.append(track_film(film, detect(film, eye, 0), tracker))
        bench.progress(done, len(films))
    joints = _JOINTS if settings.joint_score is None else (settings.joint_score,)
    people = _PEOPLE if settings.person_score is None else (settings.person_score,)
    truth = [film.sequence for film in films]
    tried = [(_mota(truth, tracked, Scores(*pair)), pair) for pair in product(joints, people)]
    _, (joint, person) = max(tried, key=lambda found: found[0])
    curve = [{"joint": pair[0], "person": pair[1], "MOTA": round(mota, 4)} for mota, pair in tried]
    write_json(bench.out / SCORES, {"joint": joint, "person": person, "sequences": len(films), "tried": curve})


def read_scores(folder: Path) -> Scores:
    """What `choose_scores` chose."""
    content = json.loads((folder / SCORES).read_text("utf-8"))
    return Scores(float(content["joint"]), float(content["person"]))


def _mota(truth: Rows[Sequence], tracked: Rows[Sequence], scores: Scores) -> float:
    """Honest, over all sequences; -inf where nothing is annotated."""
    counts = evaluate_tracks(truth, [sure(s, scores) for s in tracked]).counts
    value = point(track_statistics(counts, True)["MOTA"])
    return value if value == value else -float("inf")


def sure(sequence: Sequence, scores: Scores) -> Sequence:
    """What of a sequence counts for MOTA; labelled frames alone."""
    frames = [
        replace(f, people=confident(f.people, scores.joint, scores.person)) for f in sequence.frames if f.people is not None
    ]
    return replace(sequence, frames=tuple(frames))
