"""Paths that meet: people go to and fro over one piece of ground and pass the same places at about the same times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from smpl_assets.motion.track import Track, forward

STEP_S = 1 / 30
_PERSONAL_M = 0.6  # between two people's axes
_FORESIGHT_S, _ASIDE_M_S = 1.0, 2.5  # how far ahead people see others coming, and how fast they step aside from them
_REACHED_M = 0.35
_TURN_SLOWS = 0.6  # speed in the sharpest turn, of the speed straight ahead
_AHEAD_S, _SOFT_M = 0.5, 0.25  # how far people look ahead, and within what they turn, at the ground's rim
_GATHER_M_S2 = 3.0  # how fast a speed is taken up


@dataclass(frozen=True)
class Ground:
    """The piece of ground that a camera sees: half its width along x and half its depth along z, m, about the origin."""

    half_width: float
    half_depth: float


@dataclass(frozen=True)
class Pace:
    """How somebody moves: speed straight ahead, m/s, the smallest radius of a turn, m, when they begin to stop, s, and for how
    long they then do not go on (0: they never stop).
    """

    speed: float
    radius: float
    stop: float = 0.0
    pause: float = 0.0


def meeting_tracks(
    ground: Ground, paces: list[Pace], seconds: float, leaving: Float[np.ndarray, " people"], rng: np.random.Generator,
    before: float = 0.0, after: float = 0.0,
) -> list[Track]:  # fmt: skip
    """One track a person, from -`before` to `seconds` + `after`.

    Everybody starts on a side, passes a meeting place in the middle when the others do, goes on to the other side, turns and
    comes back by the next meeting place. leaving: share of each one's turns that lie outside the ground.
    """
    people = len(paces)
    speed = np.array([p.speed for p in paces])
    first = min(rng.uniform(0.25, 0.6) * seconds, 1.1 * ground.half_width / float(speed.mean()))
    goals = _goals(ground, people, leaving, rng)
    side = -np.sign(goals[:, 1, 0])
    start = goals[:, 0].copy()
    slant = rng.uniform(-0.35, 0.35, people)
    away = np.stack([side * np.cos(slant), np.sin(slant)], axis=1)
    start += away * (speed * (first + before))[:, None]
    start[:, 1] = np.clip(start[:, 1], -1.3 * ground.half_depth, 1.3 * ground.half_depth)
    start = _apart(start, rng)
    heading = np.arctan2(*(goals[:, 0] - start).T)
    count = int(np.ceil((seconds + before + after) / STEP_S)) + 1
    stops = np.array([[p.stop, p.stop + p.pause] for p in paces])
    walk = _Walk(paces, start, heading, goals, ground.half_depth, stops, -before)
    return walk.tracks(count, before)


def _goals(ground: Ground, people: int, leaving: Float[np.ndarray, " people"], rng: np.random.Generator) -> np.ndarray:
    """Places (people, goals, 2) to go to one after the other: meeting places and turns by turns, on alternating sides."""
    turns = 24
    lanes = np.linspace(-1, 1, people) * min(ground.half_depth, 0.5 * people * _PERSONAL_M)
    goals = np.zeros((people, 2 * turns, 2))
    side = np.where((np.arange(people) + rng.integers(2)) % 2 == 0, 1.0, -1.0)
    if people > 2:
        side[-1] = rng.choice([-1.0, 1.0])
    for turn in range(turns):
        meet = rng.uniform(-0.45, 0.45) * ground.half_width
        outside = rng.random(people) < leaving
        reach = np.where(outside, rng.uniform(1.25, 1.6, people), rng.uniform(0.45, 0.8, people))
        goals[:, 2 * turn, 0] = meet + 0.12 * rng.standard_normal(people)
        goals[:, 2 * turn, 1] = rng.permutation(lanes) * rng.uniform(0.5, 1.0)
        goals[:, 2 * turn + 1, 0] = side * reach * ground.half_width
        goals[:, 2 * turn + 1, 1] = rng.permutation(lanes)
        side = -side
    return goals


def _apart(places: Float[np.ndarray, "people 2"], rng: np.random.Generator) -> Float[np.ndarray, "people 2"]:
    """The places moved until nobody stands in another's."""
    places = places + 0.05 * rng.standard_normal(places.shape)
    for _ in range(60):
        apart = places[:, None] - places[None]
        far = np.linalg.norm(apart, axis=2)
        np.fill_diagonal(far, np.inf)
        share = np.clip(1 - far / (1.5 * _PERSONAL_M), 0, 1)
        places = places + 0.3 * (apart / np.maximum(far, 1e-3)[..., None] * share[..., None]).sum(axis=1)
    return places


class _Walk:
    """Everybody's steering, step by step."""

    def __init__(
        self, paces: list[Pace], place: np.ndarray, heading: np.ndarray, goals: np.ndarray, depth: float,
        stops: np.ndarray, start: float,
    ) -> None:  # fmt: skip
        self._full, self._radius = np.array([p.speed for p in paces]), np.array([p.radius for p in paces])
        self._place, self._heading, self._speed = place, heading, self._full.copy()
        self._goals, self._goal = goals, np.zeros(len(paces), int)
        self._depth, self._stops, self._now = depth, stops, start

    def tracks(self, count: int, before: float) -> list[Track]:
        """`count` steps from the present."""
        rows = [self._step() for _ in range(count)]
        place, heading, speed = (np.stack(column, axis=1) for column in zip(*rows, strict=True))
        times = np.arange(count) * STEP_S - before
        return [Track(times, *row) for row in zip(place, np.unwrap(heading, axis=1), speed, strict=True)]

    def _step(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        now = self._place.copy(), self._heading.copy(), self._speed.copy()
        aim = self._goals[np.arange(len(self._goal)), self._goal] - self._place
        far = np.linalg.norm(aim, axis=1)
        self._goal += far < np.maximum(_REACHED_M, 0.8 * self._radius)
        wanted = aim / np.maximum(far, 1e-6)[:, None] + self._room() + self._kept()
        off = _wrapped(np.arctan2(wanted[:, 0], wanted[:, 1]) - self._heading)
        sharpest = self._speed / self._radius * STEP_S
        turn = np.clip(0.12 * off, -sharpest, sharpest)
        slow = 1 - (1 - _TURN_SLOWS) * np.clip(np.abs(off) / 1.2, 0, 1)
        goal = np.where((self._stops[:, 0] <= self._now) & (self._now < self._stops[:, 1]), 0, self._full * slow)
        self._speed = self._speed + np.clip(goal - self._speed, -_GATHER_M_S2 * STEP_S, _GATHER_M_S2 * STEP_S)
        self._now += STEP_S
        self._heading = self._heading + turn
        self._place = self._place + forward(self._heading) * (self._speed * STEP_S)[:, None] + self._step_aside()
        return now

    def _kept(self) -> np.ndarray:
        """What pushes (people, 2) everybody back who is about to go too near to the camera or too far away."""
        ahead = self._place[:, 1] + forward(self._heading)[:, 1] * self._speed * _AHEAD_S
        over = np.clip((np.abs(ahead) - self._depth) / _SOFT_M, 0, 3)
        return np.stack([np.zeros(len(over)), -np.sign(ahead) * over], axis=1)

    def _room(self) -> np.ndarray:
        """Where to (people, 2) everybody turns so as not to run into the others."""
        apart = self._place[:, None] - self._place[None]
        velocity = forward(self._heading) * self._speed[:, None]
        closing = velocity[:, None] - velocity[None]
        soon = -(apart * closing).sum(axis=2) / np.maximum((closing**2).sum(axis=2), 1e-6)
        soon = np.clip(soon, 0, _FORESIGHT_S)
        nearest = apart + closing * soon[..., None]
        aside = nearest + 0.1 * np.stack([-apart[..., 1], apart[..., 0]], axis=2)  # to the right of who comes straight on
        far = np.linalg.norm(nearest, axis=2)
        np.fill_diagonal(far, np.inf)
        push = np.clip(1.6 - far / _PERSONAL_M, 0, 1.6) * (1.3 - soon / _FORESIGHT_S)
        return (aside / np.maximum(np.linalg.norm(aside, axis=2), 0.05)[..., None] * push[..., None]).sum(axis=1)

    def _step_aside(self) -> np.ndarray:
        """How far (people, 2) those who are too near to each other step aside, m."""
        apart = self._place[:, None] - self._place[None]
        far = np.linalg.norm(apart, axis=2)
        np.fill_diagonal(far, np.inf)
        share = np.clip(1 - far / _PERSONAL_M, 0, 1)
        step = (apart / np.maximum(far, 0.05)[..., None] * share[..., None]).sum(axis=1)
        return step * (_ASIDE_M_S * STEP_S)


def _wrapped(angle: np.ndarray) -> np.ndarray:
    return (angle + np.pi) % (2 * np.pi) - np.pi
