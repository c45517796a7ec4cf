"""Somebody who moves as a clip of the user's says."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float

from smpl_assets.motion.clips import between
from smpl_assets.motion.contact import grounded
from smpl_assets.motion.legs import turn_y
from smpl_assets.motion.rig import Bones
from smpl_assets.motion.walker import Poses
from smpl_assets.poses.clips import Clip

STEP_S = 1 / 60


class Player:
    """One person who plays a clip forwards and backwards; feet that touch the ground stay where they are."""

    def __init__(
        self, bones: Bones, clip: Clip, rate: float, heading: float, start: float, at: float, place: Float[np.ndarray, "2"],
        span: tuple[float, float],
    ) -> None:  # fmt: skip
        """Where and when.

        Args:
            bones: of the body.
            clip: the motion; its own travel is not known and follows from what touches the ground.
            rate: its frames a second.
            heading: rad that the clip is turned by.
            start: its frame at time 0.
            at: when it passes `place`, s.
            place: x and z, m.
            span: first and last time that will be asked for, s.
        """
        self.bones, self._clip, self._rate, self._heading, self._start = bones, clip, rate, heading, start
        self._at, self._place, self._span = at, place, span

    def poses(self, times: Float[np.ndarray, " n"]) -> Poses:
        """The body at these times (s)."""
        fine, places = self._places
        return Poses(self._turns(times), np.stack([np.interp(times, fine, places[:, axis]) for axis in range(3)], axis=1))

    def _turns(self, times: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 24 3 3"]:
        """To and fro between the first and the last frame."""
        last = max(len(self._clip) - 1, 1)
        at = np.abs((self._start + times * self._rate + last) % (2 * last) - last)
        first = np.clip(at.astype(np.int64), 0, max(len(self._clip) - 2, 0))
        every = torch.cat([self._clip.root[:, None], self._clip.body_pose], dim=1).double()
        then = np.minimum(first + 1, len(self._clip) - 1)
        found: np.ndarray = between(every[first], every[then], torch.from_numpy(at - first)).numpy()
        found[:, 0] = turn_y(np.full(len(times), self._heading)) @ found[:, 0]
        return found

    @cached_property
    def _places(self) -> tuple[Float[np.ndarray, " fine"], Float[np.ndarray, "fine 3"]]:
        fine = np.arange(self._span[0], self._span[1] + STEP_S, STEP_S)
        joints = Poses(self._turns(fine), np.zeros((len(fine), 3))).joints(self.bones)
        place = grounded(joints, self.bones.ankle)
        shift = self._place - np.array([np.interp(self._at, fine, place[:, axis]) for axis in (0, 2)])
        return fine, place + np.array([shift[0], 0.0, shift[1]])
