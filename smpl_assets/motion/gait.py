"""Walking and running: how stride, cadence and contact follow from speed, and where the feet go.

Phase 0 is the left foot's touchdown, 0.5 the right one's. A foot is planted for the share `duty` of its cycle: the ankle stands
still, then the heel rises about the ball of the foot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from smpl_assets.motion.legs import turn_x, turn_y
from smpl_assets.motion.rig import Bones
from smpl_assets.motion.track import Track, forward, leftward

_EASE_IN = 0.12  # share of the contact in which the foot comes down flat
_UP = 0.07  # share of a swing in which a foot goes up before it goes on, and comes down at its end
_BEHIND = 0.65  # how far the ankle is behind the body in the middle of its contact, of the foot's length to the ball


@dataclass(frozen=True)
class Gait:
    """A way of going.

    name: of the pool's movement whose trunk and arms go with it. speed: m/s that stride and duty are meant for.
    stride: m, of two steps. duty: share of a foot's cycle on the ground. heel_rise, toe_up: rad, the foot's pitch when it leaves
    the ground and when it meets it. lift: m that the ankle goes up in its swing. crouch: hips' height over
    that of stretched legs. bounce: m, of the hips about their mean height. width: m between the feet.
    """

    name: str
    speed: float
    stride: float
    duty: float
    heel_rise: float
    toe_up: float
    lift: float
    crouch: float
    bounce: float
    width: float

    @property
    def running(self) -> bool:
        """Whether there are times when no foot touches the ground."""
        return self.duty < 0.5


def walking(speed: float, stature: float) -> Gait:
    """A walk at `speed` (m/s): steps and cadence grow alike (Grieve and Gear 1966: step length as the square root of speed)."""
    own = speed / stature  # statures a second; 0.8 is a usual walk
    return Gait("walking", speed, 2 * 0.41 * stature * (own / 0.8) ** 0.5, 0.6, 1.0, -0.3, 0.07, 0.955, 0.02, 0.17)


def running(speed: float, stature: float) -> Gait:
    """A run at `speed` (m/s): steps grow with speed, the cadence hardly (Cavanagh and Kram 1989)."""
    own = speed / stature
    lift, duty = 0.16 + 0.07 * own, 0.34 * (2 / own) ** 0.6
    return Gait("running", speed, 2 * 0.62 * stature * (own / 2) ** 0.8, duty, 1.0, -0.1, lift, 0.93, 0.035, 0.09)


@dataclass(frozen=True)
class Feet:
    """One foot over time.

    ankle: (n, 3) m, in the world. heading, pitch: (n,) rad, of the foot. swing: (n,) 0 where the foot is planted, else how far it
    is on its way through the air, up to 1.
    """

    ankle: Float[np.ndarray, "n 3"]
    heading: Float[np.ndarray, " n"]
    pitch: Float[np.ndarray, " n"]
    swing: Float[np.ndarray, " n"]

    @property
    def turn(self) -> Float[np.ndarray, "n 3 3"]:
        """The foot's rotation in the world."""
        return turn_y(self.heading) @ turn_x(self.pitch)

    @property
    def planted(self) -> Bool[np.ndarray, " n"]:
        """Whether it touches the ground."""
        return self.swing == 0


class Steps:
    """The footsteps of a gait along a track."""

    def __init__(self, gait: Gait, track: Track, bones: Bones, start: float) -> None:
        """`start`: phase at the beginning of the track."""
        self.gait, self.track, self.bones = gait, track, bones
        travelled = track.travelled_at(track.times)
        pace = np.maximum(track.speed / gait.speed, 0.05) ** 0.35  # slower: shorter steps, fewer of them
        stride = gait.stride * pace
        steps = np.diff(travelled) / (0.5 * (stride[1:] + stride[:-1]))
        self._phase = start + np.concatenate([[0.0], np.cumsum(steps)])

    def phase_at(self, times: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Cycles since phase 0."""
        return np.interp(times, self.track.times, self._phase)

    def foot(self, side: str, times: Float[np.ndarray, " n"]) -> Feet:
        """A foot at these times."""
        gait, left = self.gait, side == "left"
        cycle = self.phase_at(times) - (0.0 if left else 0.5)
        number = np.floor(cycle)
        within = cycle - number
        contact, swing = within / gait.duty, np.clip((within - gait.duty) / (1 - gait.duty), 0, 1)
        down, up = self._planted(left, number), self._planted(left, number + 1)
        pitch = np.where(contact < 1, self._pitch_down(contact), self._pitch_up(swing))
        ease = _eased(np.clip((swing - _UP) / (1 - 2 * _UP), 0, 1))
        heading = down[1] + ease * (up[1] - down[1])
        leaving = down[0] + self._risen(down[1], np.minimum(pitch, gait.heel_rise))
        gone = down[0] + self._risen(down[1], np.full(len(times), gait.heel_rise))
        through = gone + ease[:, None] * (up[0] - gone)
        rise = gait.lift * np.sin(np.pi * swing**0.85)
        through[:, 1] = self.bones.ankle + self._risen(heading, pitch)[:, 1] + rise
        ankle = np.where((contact < 1)[:, None], leaving, through)
        return Feet(ankle, heading, pitch, np.where(contact < 1, 0.0, np.maximum(swing, 1e-9)))

    def _planted(self, left: bool, number: Float[np.ndarray, " n"]) -> tuple[np.ndarray, np.ndarray]:
        """Where the ankle stands (n, 3) in a foot's contact of this number, and the foot's heading (n,)."""
        middle = number + 0.5 * self.gait.duty + (0.0 if left else 0.5)
        times = np.interp(middle, self._phase, self.track.times)
        heading, side = self.track.heading_at(times), 1.0 if left else -1.0
        beyond = (middle - np.clip(middle, self._phase[0], self._phase[-1])) * self.gait.stride
        ahead = beyond - _BEHIND * self.bones.ball[2]
        place = self.track.place_at(times) + forward(heading) * ahead[:, None] + leftward(heading) * side * self.gait.width / 2
        toes_out = side * (0.04 if self.gait.running else 0.1)
        return np.stack([place[:, 0], np.full(len(times), self.bones.ankle), place[:, 1]], axis=1), heading + toes_out

    def _pitch_down(self, contact: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Pitch of a planted foot: comes down from toes up, lies flat, rises on its ball."""
        gait, flat = self.gait, 0.2 if self.gait.running else 0.55
        down = gait.toe_up * np.clip(1 - contact / _EASE_IN, 0, 1)
        rise = np.clip((contact - flat) / (1 - flat), 0, 1)
        return down + gait.heel_rise * rise ** (1.2 if gait.running else 1.7)

    def _pitch_up(self, swing: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Pitch of a foot in the air: from where it left the ground to how it meets it."""
        ease = _eased(np.clip(swing / 0.8, 0, 1))
        return self.gait.heel_rise + ease * (self.gait.toe_up - self.gait.heel_rise)

    def _risen(self, heading: Float[np.ndarray, " n"], pitch: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 3"]:
        """How far (n, 3) the ankle has gone as the heel rises about the ball of the foot."""
        ball, up = self.bones.ball, np.maximum(pitch, 0)
        moved = ball - (turn_x(up) @ ball)
        return (turn_y(heading) @ moved[..., None])[..., 0]


def _eased(share: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """From 0 to 1, slowly at both ends."""
    return share**2 * (3 - 2 * share)
