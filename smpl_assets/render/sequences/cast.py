"""The people of a sequence, how they go, and how much time lies between two frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from smpl_assets.body.protocol import BodyModel
from smpl_assets.motion.action import Action, Performer
from smpl_assets.motion.clips import movement_of, rotations
from smpl_assets.motion.gait import Gait, running, walking
from smpl_assets.motion.keys import KeyPoses
from smpl_assets.motion.paths import Ground, Pace, meeting_tracks
from smpl_assets.motion.played import Player
from smpl_assets.motion.rig import Bones, bones_of
from smpl_assets.motion.walker import Manner, Poses, Walker
from smpl_assets.poses.clips import Clip
from smpl_assets.render.sequences.settings import SequenceSettings
from smpl_assets.render.sequences.view import View

SHAPE_SPREAD = 0.8
BEFORE_S = 1.5  # of every track, before the first frame
CLIP_RATE = 30.0  # frames a second that clips are read at, about; and of files that do not say theirs
_WALK, _RUN = (0.62, 0.95), (1.5, 2.4)  # statures a second
_WALK_RADIUS_M, _RUN_RADIUS_M = 0.5, 0.85
_HABIT_RAD = 0.07
_STOP, _PAUSE_S = (0.05, 0.5), (1.8, 2.8)  # when in the sequence people stop for an action, as its share, and for how long
_ROUNDS = 3


@runtime_checkable
class Actor(Protocol):
    """Somebody who moves."""

    @property
    def bones(self) -> Bones:
        """Of the body."""
        ...

    def poses(self, times: Float[np.ndarray, " n"]) -> Poses:
        """The body at these times (s after the first frame)."""
        ...


@dataclass(frozen=True)
class Member:
    """An actor, and what it does: `walking`, `running`, the name of an action's pose or of a clip."""

    actor: Actor
    does: str


@dataclass(frozen=True)
class Cast:
    """People before a camera.

    shapes: (P, S) of their bodies. frame_s: seconds from frame to frame. moves: by how much a joint moves from frame to frame, in
    heights of its person: what that time was chosen for.
    """

    shapes: Float[np.ndarray, "people shape"]
    members: tuple[Member, ...]
    frame_s: float
    moves: float

    def __len__(self) -> int:
        return len(self.members)

    def poses(self, times: Float[np.ndarray, " n"]) -> list[Poses]:
        """Everybody at these times (s after the first frame)."""
        return [member.actor.poses(times) for member in self.members]

    @property
    def statures(self) -> Float[np.ndarray, " people"]:
        """Metres from the soles to the top of the head."""
        return np.array([member.actor.bones.stature for member in self.members])


@dataclass(frozen=True)
class Repertoire:
    """What people can do beside walking and running.

    extreme: poses to take; rare: others, taken with the share `rare_share` where there are any. clips: of the user, at CLIP_RATE
    frames a second.
    """

    extreme: KeyPoses
    rare: KeyPoses | None = None
    rare_share: float = 0.5
    clips: tuple[Clip, ...] = ()

    def action(self, rng: np.random.Generator) -> Action:
        """A pose to take."""
        rare = rng.random() < self.rare_share
        return (self.rare if rare and self.rare is not None else self.extreme).drawn(rng)


def draw_cast(
    settings: SequenceSettings, body: BodyModel, view: View, ground: Ground, repertoire: Repertoire, rng: np.random.Generator
) -> Cast:
    """People whose paths meet before the camera."""
    count = int(rng.integers(settings.people[0], settings.people[1] + 1))
    speed = float(np.exp(rng.uniform(*np.log(settings.speed))))
    shapes = SHAPE_SPREAD * rng.standard_normal((count, body.shape_size))
    bones = bones_of(body, shapes)
    gaits = [_gait(rng.random() < settings.running_share, b.stature, rng) for b in bones]
    usual = speed * float(np.median([b.stature for b in bones])) / float(np.median([g.speed for g in gaits]))
    seconds = usual * settings.frames
    paces = [_pace(g, rng.random() < settings.action_share, seconds, rng) for g in gaits]
    leaving, after = np.full(count, settings.leaving_share), 2.5 * seconds + 1
    tracks = meeting_tracks(ground, paces, seconds, leaving, rng, BEFORE_S, after)
    members = []
    for own, gait, pace, track in zip(bones, gaits, paces, tracks, strict=True):
        walker = Walker(own, gait, track, _manner(gait, rng))
        if repertoire.clips and rng.random() < settings.clip_share:
            span = (0.0, seconds + after)
            members.append(_playing(own, repertoire.clips, ground, rng.uniform(0.2, 0.8) * seconds, span, rng))
        elif pace.pause:
            members.append(_performing(walker, repertoire, rng))
        else:
            members.append(Member(walker, gait.name))
    actors = [m.actor for m in members]
    frame_s = _frame_time(actors, view, settings.frames, speed, usual)
    return Cast(shapes, tuple(members), frame_s, _moves(actors, view, settings.frames, frame_s))


def _gait(runs: bool, stature: float, rng: np.random.Generator) -> Gait:
    return running(rng.uniform(*_RUN) * stature, stature) if runs else walking(rng.uniform(*_WALK) * stature, stature)


def _pace(gait: Gait, acts: bool, seconds: float, rng: np.random.Generator) -> Pace:
    radius = _RUN_RADIUS_M if gait.running else _WALK_RADIUS_M
    stop, pause = rng.uniform(*_STOP) * seconds, rng.uniform(*_PAUSE_S)
    return Pace(gait.speed, radius, stop, pause) if acts else Pace(gait.speed, radius)


def _performing(walker: Walker, repertoire: Repertoire, rng: np.random.Generator) -> Member:
    """An action while the walker's track stands still."""
    still = walker.track.times[walker.track.speed == 0]
    action = repertoire.action(rng)
    if len(still) < 2:
        return Member(walker, walker.gait.name)
    return Member(Performer(walker, action, float(still[0]), float(still[-1])), action.name)


def _playing(
    bones: Bones, clips: tuple[Clip, ...], ground: Ground, at: float, span: tuple[float, float], rng: np.random.Generator
) -> Member:
    """One of the clips, somewhere before the camera at a time."""
    clip = clips[int(rng.integers(len(clips)))]
    place = rng.uniform(-0.5, 0.5, 2) * 2 * np.array([0.5 * ground.half_width, 0.8 * ground.half_depth])
    heading, start = rng.uniform(-np.pi, np.pi), rng.uniform(0, len(clip))
    return Member(Player(bones, clip, clip.rate or CLIP_RATE, heading, start, at, place, span), f"clip/{clip.name}")


def _manner(gait: Gait, rng: np.random.Generator) -> Manner:
    """Habits, and arms that some walkers keep as they are: a telephone, hands in the pockets."""
    habit = np.clip(rng.standard_normal((23, 3)), -2, 2) * _HABIT_RAD
    arms, movement = None, movement_of("walking")
    if not gait.running and rng.random() < movement.free_arms:
        arms = rotations(movement.arms[int(rng.integers(len(movement.arms)))][None])[0, 1:].double().numpy()
    return Manner(habit, arms, float(rng.random()))


def _frame_time(actors: Sequence[Actor], view: View, frames: int, speed: float, first: float) -> float:
    """Seconds between frames for which joints move by `speed` heights a frame (the median over people and frames)."""
    frame_s = first
    for _ in range(_ROUNDS):
        frame_s *= float(np.clip(speed / max(_moves(actors, view, frames, frame_s), 1e-4), 0.5, 2.0))
        frame_s = float(np.clip(frame_s, 0.25 * first, 2.5 * first))
    return frame_s


def _moves(actors: Sequence[Actor], view: View, frames: int, frame_s: float) -> float:
    """Mean movement of a person's joints from frame to frame over the person's height, median over people and frames."""
    times = np.arange(frames) * frame_s
    found = []
    for actor in actors:
        points = view.to_camera(actor.poses(times).joints(actor.bones))
        px = view.focal * points[..., :2] / np.maximum(points[..., 2:], 0.3)
        tall = view.focal * actor.bones.stature / np.maximum(points[:, 0, 2], 0.3)
        found.append(np.linalg.norm(np.diff(px, axis=0), axis=2).mean(axis=1) / tall[1:])
    return float(np.median(found))
