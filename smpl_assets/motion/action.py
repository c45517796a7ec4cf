"""Somebody who stops on their way, takes a pose, and goes on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float

from smpl_assets.motion.clips import between
from smpl_assets.motion.contact import grounded
from smpl_assets.motion.legs import turn_y
from smpl_assets.motion.rig import Bones
from smpl_assets.motion.walker import Poses, Walker

STEP_S = 1 / 60
_HOLD = 0.2  # share of the action in which the last pose is kept


@dataclass(frozen=True)
class Action:
    """Key poses that are taken one after the other, and left in the same order backwards.

    keys: (K, 24, 3, 3) rotations, the root's in a world whose y is up, facing +z. name: what is taken, as labels say it.
    """

    keys: Float[np.ndarray, "keys 24 3 3"]
    name: str


class Performer:
    """A walker who performs an action from `begin` to `end` (s), while their track stands still."""

    def __init__(self, walker: Walker, action: Action, begin: float, end: float) -> None:
        self.walker, self.action, self.begin, self.end = walker, action, begin, end

    @property
    def bones(self) -> Bones:
        """The walker's."""
        return self.walker.bones

    def poses(self, times: Float[np.ndarray, " n"]) -> Poses:
        """The body at these times (s of the track)."""
        found = self.walker.poses(times)
        rows = np.flatnonzero((times > self.begin) & (times < self.end))
        if not len(rows):
            return found
        turns, place = found.rotations.copy(), found.place.copy()
        when = times[rows]
        turns[rows] = self._turns(when)
        fine, places = self._places
        place[rows] = np.stack([np.interp(when, fine, places[:, axis]) for axis in range(3)], axis=1)
        return Poses(turns, place)

    @cached_property
    def _keys(self) -> tuple[Float[np.ndarray, " keys"], Float[np.ndarray, "keys 24 3 3"]]:
        """Times and rotations to pass through: the walker's own pose first and last."""
        own = self.walker.poses(np.array([self.begin])).rotations[0]
        keys = self.action.keys.copy()
        keys[:, 0] = turn_y(np.full(len(keys), self.walker.track.heading_at(np.array([self.begin]))[0])) @ keys[:, 0]
        way = np.concatenate([own[None], keys, keys[::-1], own[None]])
        moving = (1 - _HOLD) * (self.end - self.begin) / 2
        there = np.linspace(0, moving, len(keys) + 1)
        return np.concatenate([self.begin + there, self.end - there[::-1]]), way

    def _turns(self, times: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 24 3 3"]:
        at, way = self._keys
        first = np.clip(np.searchsorted(at, times, side="right") - 1, 0, len(at) - 2)
        share = (times - at[first]) / np.maximum(at[first + 1] - at[first], 1e-9)
        share = share**2 * (3 - 2 * share)
        a, b = torch.from_numpy(way[first]), torch.from_numpy(way[first + 1])
        found: np.ndarray = between(a, b, torch.from_numpy(share)).numpy()
        return found

    @cached_property
    def _places(self) -> tuple[Float[np.ndarray, " fine"], Float[np.ndarray, "fine 3"]]:
        """Where the pelvis is at close moments: what touches the ground stays there; first and last where the walker is."""
        fine = np.linspace(self.begin, self.end, max(int((self.end - self.begin) / STEP_S), 2) + 1)
        turns = self._turns(fine)
        place = grounded(Poses(turns, np.zeros((len(fine), 3))).joints(self.bones), self.bones.ankle)
        ends = self.walker.poses(fine[[0, -1]]).place - place[[0, -1]]
        share = np.linspace(0, 1, len(fine))[:, None]
        return fine, place + (1 - share) * ends[0] + share * ends[1]
