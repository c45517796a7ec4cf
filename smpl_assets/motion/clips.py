"""Movements played in time: the pool's key postures run through as a cycle."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from smpl_assets.poses.limits import clamp
from smpl_assets.poses.postures import Movement, body_pose_from_angles, mirror_angles, movements, root_from_angles
from smpl_assets.roma_alone import roma
from smpl_assets.rotations import axis_angle_from_matrix, matrix_from_axis_angle

SAMPLES = 64
_SMOOTH = 3.0  # samples, deviation of what rounds the corners at key postures
# Phase (0: the left foot's touchdown) of the first key posture; one that is not cyclic goes on with its mirror image.
STARTS = {"walking": 0.0, "running": 0.86}


def movement_of(label: str) -> Movement:
    """The everyday movement of this name that has the most key postures."""
    found = [m for m in movements()["usual"] if m.label == label]
    return max(found, key=lambda m: len(m.phases))


@lru_cache(maxsize=8)
def cycle(label: str) -> tuple[Float[Tensor, "samples 24 3 3"], float]:
    """A movement's rotations (root's tilt first) at SAMPLES phases of its cycle, and the phase of the first."""
    movement = movement_of(label)
    keys = movement.phases if movement.cyclic else torch.cat([movement.phases, mirror_angles(movement.phases)])
    return play(rotations(keys)), STARTS[label]


def rotations(angles: Float[Tensor, "n angles"]) -> Float[Tensor, "n 24 3 3"]:
    """The root's tilt in the world, then the joints' rotations, of postures in degrees."""
    return torch.cat([root_from_angles(angles, torch.zeros(len(angles)))[:, None], body_pose_from_angles(angles)], dim=1)


def play(keys: Float[Tensor, "keys 24 3 3"]) -> Float[Tensor, "samples 24 3 3"]:
    """A closed cycle through key postures that follow evenly, its corners rounded, within joint limits."""
    at = torch.arange(SAMPLES) * len(keys) / SAMPLES
    first = at.long()
    found = between(keys[first], keys[(first + 1) % len(keys)], at - first)
    offset = torch.arange(SAMPLES)
    apart = torch.minimum(offset, SAMPLES - offset).float()
    weights = torch.exp(-0.5 * (apart / _SMOOTH) ** 2)
    weights = weights / weights.sum()
    mixed = torch.einsum("st,t...->s...", weights[(offset[:, None] - offset[None]) % SAMPLES], found)
    smooth = roma.special_procrustes(mixed)
    return torch.cat([smooth[:, :1], clamp(smooth[:, 1:])], dim=1)


def between(a: Float[Tensor, "n 24 3 3"], b: Float[Tensor, "n 24 3 3"], share: Float[Tensor, " n"]) -> Float[Tensor, "n 24 3 3"]:
    """The rotations on the way (slerp) from a to b."""
    way = axis_angle_from_matrix(a.transpose(-1, -2) @ b)
    return a @ matrix_from_axis_angle(share[:, None, None] * way)


def cycle_at(label: str, phase: Float[np.ndarray, " n"]) -> Float[Tensor, "n 24 3 3"]:
    """A movement at these phases (cycles)."""
    table, start = cycle(label)
    at = torch.from_numpy((phase - start) % 1.0).float() * SAMPLES
    first = at.long() % SAMPLES
    share = (at - at.floor())[:, None, None, None]
    mixed = torch.lerp(table[first], table[(first + 1) % SAMPLES], share)
    return roma.special_gramschmidt(mixed)  # neighbours are so near that any way back to a rotation is the same
