"""The people of a sequence, how they go, and how much time lies between two frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from smpl_assets.body.protocol import BodyModel
from smpl_assets.motion.clips import rotations
from smpl_assets.motion.gait import running, walking
from smpl_assets.motion.paths import Ground, Pace, meeting_tracks
from smpl_assets.motion.rig import bones_of
from smpl_assets.motion.walker import Manner, Poses, Walker
from smpl_assets.poses.postures import movements
from smpl_assets.render.sequences.settings import SequenceSettings
from smpl_assets.render.sequences.view import View

SHAPE_SPREAD = 0.8
BEFORE_S = 1.5  # of every track, before the first frame
_WALK, _RUN = (0.62, 0.95), (1.5, 2.4)  # statures a second
_WALK_RADIUS_M, _RUN_RADIUS_M = 0.5, 0.85
_HABIT_RAD = 0.07
_ROUNDS = 4


@dataclass(frozen=True)
class Cast:
    """People before a camera.

    shapes: (P, S) of their bodies. frame_s: seconds from frame to frame. moves: by how much a joint moves from frame to frame, in
    heights of its person: what that time was chosen for.
    """

    shapes: Float[np.ndarray, "people shape"]
    walkers: tuple[Walker, ...]
    frame_s: float
    moves: float

    def __len__(self) -> int:
        return len(self.walkers)

    def poses(self, times: Float[np.ndarray, " n"]) -> list[Poses]:
        """Everybody at these times (s after the first frame)."""
        return [walker.poses(times) for walker in self.walkers]


def draw_cast(settings: SequenceSettings, body: BodyModel, view: View, ground: Ground, rng: np.random.Generator) -> Cast:
    """People whose paths meet before the camera."""
    count = int(rng.integers(settings.people[0], settings.people[1] + 1))
    speed = float(np.exp(rng.uniform(*np.log(settings.speed))))
    shapes = SHAPE_SPREAD * rng.standard_normal((count, body.shape_size))
    bones = bones_of(body, shapes)
    runs = rng.random(count) < settings.running_share
    gaits = [
        (running if run else walking)(rng.uniform(*(_RUN if run else _WALK)) * b.stature, b.stature)
        for run, b in zip(runs, bones, strict=True)
    ]
    paces = [Pace(g.speed, _RUN_RADIUS_M if g.running else _WALK_RADIUS_M) for g in gaits]
    usual = speed * float(np.median([b.stature for b in bones])) / float(np.median([g.speed for g in gaits]))
    seconds = usual * settings.frames
    leaving = np.full(count, settings.leaving_share)
    tracks = meeting_tracks(ground, paces, seconds, leaving, rng, BEFORE_S, 2.5 * seconds + 1)
    walkers = tuple(Walker(*row, _manner(row[1].running, rng)) for row in zip(bones, gaits, tracks, strict=True))
    frame_s = _frame_time(walkers, view, settings.frames, speed, usual)
    return Cast(shapes, walkers, frame_s, _moves(walkers, view, settings.frames, frame_s))


def _manner(runs: bool, rng: np.random.Generator) -> Manner:
    """Habits, and arms that some walkers keep as they are: a telephone, hands in the pockets."""
    habit = np.clip(rng.standard_normal((23, 3)), -2, 2) * _HABIT_RAD
    arms = None
    movement = max((m for m in movements()["usual"] if m.label == "walking"), key=lambda m: len(m.phases))
    if not runs and rng.random() < movement.free_arms:
        arms = rotations(movement.arms[int(rng.integers(len(movement.arms)))][None])[0, 1:].double().numpy()
    return Manner(habit, arms, float(rng.random()))


def _frame_time(walkers: Sequence[Walker], view: View, frames: int, speed: float, first: float) -> float:
    """Seconds between frames for which joints move by `speed` heights a frame (the median over people and frames)."""
    frame_s = first
    for _ in range(_ROUNDS):
        frame_s *= float(np.clip(speed / max(_moves(walkers, view, frames, frame_s), 1e-4), 0.5, 2.0))
        frame_s = float(np.clip(frame_s, 0.4 * first, 2.5 * first))
    return frame_s


def _moves(walkers: Sequence[Walker], view: View, frames: int, frame_s: float) -> float:
    """Mean movement of a person's joints from frame to frame over the person's height, median over people and frames."""
    times = np.arange(frames) * frame_s
    found = []
    for walker in walkers:
        points = view.to_camera(walker.poses(times).joints(walker.bones))
        px = view.focal * points[..., :2] / np.maximum(points[..., 2:], 0.3)
        tall = view.focal * walker.bones.stature / np.maximum(points[:, 0, 2], 0.3)
        found.append(np.linalg.norm(np.diff(px, axis=0), axis=2).mean(axis=1) / tall[1:])
    return float(np.median(found))
