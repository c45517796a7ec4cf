"""Somebody who walks or runs along a track: the body's pose at any time, its feet where they are planted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from smpl_assets.body.kinematics import forward_kinematics
from smpl_assets.body.protocol import SMPL_JOINTS
from smpl_assets.motion.clips import cycle_at
from smpl_assets.motion.gait import Feet, Gait, Steps
from smpl_assets.motion.legs import STRETCHED, reach, turn_x, turn_y
from smpl_assets.motion.rig import Bones
from smpl_assets.motion.track import Track, leftward
from smpl_assets.rotations import matrix_from_axis_angle

_GRAVITY = 9.81
_DRAWN_UP_RAD = -0.35
_PELVIS_TURN_RAD = 0.08
_RUNNING_LEG = 0.985  # longest reach of its length: runners land and push off with bent knees
_LET_GO_M, _TAKE_HOLD_M = 0.35, 0.25  # how fast, over its swing, a foot stops holding the hips down, and begins to
_TOES_RELAX = 0.4  # of a swing, until the toes are straight again
_KNEE_WITH_FOOT = 0.6  # share of the foot's turn against the hips that the knee takes part in
SIDES = ("left", "right")
_ARMS = [SMPL_JOINTS.index(f"{s}_{n}") for s in SIDES for n in ("collar", "shoulder", "elbow", "wrist", "hand")]


@dataclass(frozen=True)
class Poses:
    """n moments of one body in a world whose y is up, the ground at y = 0.

    rotations: (n, 24, 3, 3) the root's in the world, the joints' in their parents'. place: (n, 3) the pelvis, m.
    """

    rotations: Float[np.ndarray, "n 24 3 3"]
    place: Float[np.ndarray, "n 3"]

    def joints(self, bones: Bones) -> Float[np.ndarray, "n 24 3"]:
        """The joints in the world, m."""
        turns = torch.from_numpy(self.rotations)
        offsets = torch.from_numpy(bones.offsets).expand(len(turns), -1, -1)
        return forward_kinematics(turns[:, 0], turns[:, 1:], offsets, torch.from_numpy(self.place))[1].numpy()


@dataclass(frozen=True)
class Manner:
    """What is somebody's own about how they go.

    habit: (23, 3) rad, constant turns of the joints (after each joint's own; legs' are not used). arms: (23, 3, 3) rotations that
    the arms keep instead of swinging, None where they swing. start: phase at the beginning of the track.
    """

    habit: Float[np.ndarray, "23 3"]
    arms: Float[np.ndarray, "23 3 3"] | None
    start: float


class Walker:
    """One person on one track."""

    def __init__(self, bones: Bones, gait: Gait, track: Track, manner: Manner) -> None:
        self.bones, self.gait, self.track, self.manner = bones, gait, track, manner
        self.steps = Steps(gait, track, bones, manner.start)

    def poses(self, times: Float[np.ndarray, " n"]) -> Poses:
        """The body at these times (s of the track)."""
        phase, heading = self.steps.phase_at(times), self.track.heading_at(times)
        turns = self._trunk(times, phase, heading)
        feet = {side: self.steps.foot(side, times) for side in SIDES}
        place = self._hips(times, phase, heading)
        place[:, 1] = self._supported(place, turns[:, 0], feet)
        for side in SIDES:
            self._put(turns, place, side, feet[side], heading)
        return Poses(turns, place)

    def _trunk(self, times: np.ndarray, phase: np.ndarray, heading: np.ndarray) -> Float[np.ndarray, "n 24 3 3"]:
        """Everything but the legs: the pool's movement at this phase, with the person's habits."""
        turns = cycle_at(self.gait.name, phase).double()
        turns[:, 1:] = turns[:, 1:] @ matrix_from_axis_angle(torch.from_numpy(self.manner.habit))
        found: np.ndarray = turns.numpy()
        if self.manner.arms is not None:
            swing = matrix_from_axis_angle(torch.from_numpy(self._small_swing(phase))).numpy()
            found[:, _ARMS] = self.manner.arms[[j - 1 for j in _ARMS]] @ swing
        lean = self._lean(times)
        yaw = heading - _PELVIS_TURN_RAD * np.cos(2 * np.pi * phase)
        roll = matrix_from_axis_angle(torch.from_numpy(np.stack([0 * lean, 0 * lean, lean], axis=1))).numpy()
        found[:, 0] = turn_y(yaw) @ roll @ found[:, 0]
        return found

    def _small_swing(self, phase: np.ndarray) -> Float[np.ndarray, "n arms 3"]:
        """Turns (rad) of arms that do not swing along: a little at the shoulders."""
        found = np.zeros((len(phase), len(_ARMS), 3))
        found[..., 0] = 0.03 * np.sin(2 * np.pi * phase)[:, None]
        return found

    def _lean(self, times: np.ndarray) -> Float[np.ndarray, " n"]:
        """Roll (rad) into the turn that the track takes."""
        ahead, behind = times + 0.1, times - 0.1
        rate = (self.track.heading_at(ahead) - self.track.heading_at(behind)) / 0.2
        speed = np.interp(times, self.track.times, self.track.speed)
        return -0.6 * np.arctan(speed * rate / _GRAVITY)

    def _hips(self, times: np.ndarray, phase: np.ndarray, heading: np.ndarray) -> Float[np.ndarray, "n 3"]:
        gait, place = self.gait, self.track.place_at(times)
        middle = 0.5 * gait.duty  # of the left foot's contact
        sway = (0.008 if gait.running else 0.02) * np.cos(2 * np.pi * (phase - middle))
        place = place + leftward(heading) * sway[:, None]
        wave = np.cos(4 * np.pi * (phase - middle))
        hip = SMPL_JOINTS.index("left_hip")
        height = self.bones.ankle + gait.crouch * self.bones.leg - self.bones.offsets[hip, 1]
        height = height + gait.bounce * (-wave if gait.running else wave)
        return np.stack([place[:, 0], height, place[:, 1]], axis=1)

    def _supported(self, place: np.ndarray, root: np.ndarray, feet: dict[str, Feet]) -> Float[np.ndarray, " n"]:
        """The pelvis's height (n,), lowered as far as the legs on the ground ask."""
        height = place[:, 1].copy()
        longest = (_RUNNING_LEG if self.gait.running else STRETCHED - 0.002) * self.bones.leg
        for side, foot in feet.items():
            hip = root @ self.bones.offsets[SMPL_JOINTS.index(f"{side}_hip")]
            apart = foot.ankle - place - hip
            allowed = foot.ankle[:, 1] - hip[:, 1] + np.sqrt(np.maximum(longest**2 - apart[:, 0] ** 2 - apart[:, 2] ** 2, 0.01))
            height = np.minimum(height, allowed + np.minimum(_LET_GO_M * foot.swing, _TAKE_HOLD_M * (1 - foot.swing)))
        return height

    def _put(self, turns: np.ndarray, place: np.ndarray, side: str, foot: Feet, heading: np.ndarray) -> None:
        """Bend a leg so that its foot is where it belongs; the toes stay flat as the heel rises."""
        hip, knee, ankle, toes = (SMPL_JOINTS.index(f"{side}_{n}") for n in ("hip", "knee", "ankle", "foot"))
        root = turns[:, 0]
        to = foot.ankle - place - root @ self.bones.offsets[hip]
        left = leftward(heading + _KNEE_WITH_FOOT * (foot.heading - heading))
        sideways = np.stack([left[:, 0], 0 * heading, left[:, 1]], axis=1)
        thigh, bend = reach(self.bones, side, to, sideways)
        shin = thigh @ bend
        turns[:, hip] = root.transpose(0, 2, 1) @ thigh
        turns[:, knee] = bend
        turns[:, ankle] = _relaxed(shin.transpose(0, 2, 1) @ foot.turn, foot.swing)
        flat = np.clip(-foot.pitch, -1.0, 0) * np.clip(1 - foot.swing / _TOES_RELAX, 0, 1)
        turns[:, toes] = matrix_from_axis_angle(torch.from_numpy(np.stack([flat, 0 * flat, 0 * flat], axis=1))).numpy()


def _relaxed(ankle: Float[np.ndarray, "n 3 3"], swing: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 3 3"]:
    """The ankle's rotation, where the foot is in the air not drawn up more than an ankle does by itself."""
    raised = np.arctan2(ankle[:, 2, 1], ankle[:, 1, 1])
    back = np.where(swing > 0, np.maximum(_DRAWN_UP_RAD - raised, 0), 0)
    return turn_x(back) @ ankle
