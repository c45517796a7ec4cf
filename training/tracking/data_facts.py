"""What is recorded of a sequence: how fast, how crowded, how alike."""

from __future__ import annotations

import itertools

import numpy as np

from smpl_assets.render.sequences.film import FilmedFrame, Scenery
from training.tracking.people import Sequence
from training.tracking.score import heights


def facts_of(sequence: Sequence, filmed: list[FilmedFrame], scenery: Scenery) -> dict[str, float | str | bool]:
    """Facts of a sequence.

    speed: mean movement of a joint per frame in heights, that the time between frames was chosen for; moves, moves_90: what the
    labels show, median and 90th percentile over people and frames (the camera's movement included). crossings: how often two
    people change places from left to right. hidden: share of the labelled joints that something hides. people, running, acting,
    objects: numbers; frame_s: seconds between frames; exposure_s: 0 where nothing blurs; same_shirt; moving_camera; place: its
    name.
    """
    moves = _moves(filmed)
    people = [f.people for f in sequence.frames if f.people is not None]
    present = sum(int(p.present.sum()) for p in people)
    hidden = sum(int((p.present & ~p.visible).sum()) for p in people)
    cast = scenery.cast
    return {
        "speed": round(cast.moves, 4), "moves": _rank(moves, 50.0), "moves_90": _rank(moves, 90.0),
        "crossings": float(_crossings(filmed)), "hidden": round(hidden / max(present, 1), 4), "people": float(len(cast)),
        "running": float(sum(m.does == "running" for m in cast.members)),
        "acting": float(sum(m.does not in ("running", "walking") for m in cast.members)), "objects": float(len(scenery.standing)),
        "frame_s": round(cast.frame_s, 4), "exposure_s": round(scenery.exposure_s, 4), "same_shirt": scenery.team,
        "moving_camera": scenery.view.moves, "place": scenery.place_name,
    }  # fmt: skip


def facts_of_labels(sequence: Sequence) -> dict[str, float | str | bool]:
    """What an own sequence's labels show: `own`, and of `facts_of` moves, moves_90, people (tracks) and hidden.

    Movement is that of common joints between labelled frames, over the longer side of the box about the later joints, per frame
    number.
    """
    labelled = [(n, f.people) for n, f in zip(sequence.numbers, sequence.frames, strict=True) if f.people is not None]
    moves = []
    for (first, before), (second, after) in itertools.pairwise(labelled):
        _, mine, theirs = np.intersect1d(before.ids, after.ids, return_indices=True)
        step = np.linalg.norm(after.keypoints[theirs] - before.keypoints[mine], axis=2)
        for way, height in zip(step, heights(after.keypoints[theirs]), strict=True):
            if np.isfinite(way).any():
                moves.append(float(np.nanmean(way) / height / (second - first)))
    present = sum(int(p.present.sum()) for _, p in labelled)
    hidden = sum(int((p.present & ~p.visible).sum()) for _, p in labelled)
    tracks = np.unique(np.concatenate([p.ids for _, p in labelled]))
    return {
        "own": True, "moves": _rank(moves, 50.0), "moves_90": _rank(moves, 90.0), "people": float(len(tracks)),
        "hidden": round(hidden / max(present, 1), 4),
    }  # fmt: skip


def _rank(values: list[float], percent: float) -> float:
    return round(float(np.percentile(values, percent)), 4) if values else 0.0


def _moves(filmed: list[FilmedFrame]) -> list[float]:
    """Mean movement of the joints that are in both frames over the person's height, for each person and pair of frames."""
    found = []
    for before, after in itertools.pairwise(filmed):
        _, mine, theirs = np.intersect1d(before.ids, after.ids, return_indices=True)
        for a, b in zip(mine, theirs, strict=True):
            both = before.in_frame[a] & after.in_frame[b]
            if both.any():
                step = np.linalg.norm(after.keypoints[b, both] - before.keypoints[a, both], axis=1).mean()
                found.append(float(step / after.heights[b]))
    return found


def _crossings(filmed: list[FilmedFrame]) -> int:
    """How often two people who are both in the frame change places along x."""
    sides: dict[tuple[int, int], bool] = {}
    count = 0
    for frame in filmed:
        rows = np.flatnonzero(frame.in_frame.any(axis=1))
        where = {int(frame.ids[r]): float(np.nanmean(frame.keypoints[r, :, 0])) for r in rows}
        for a, b in itertools.combinations(sorted(where), 2):
            left = where[a] < where[b]
            count += sides.get((a, b), left) != left
            sides[a, b] = left
    return count
