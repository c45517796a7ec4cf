"""Legs that reach where they are told to: hip and knee of two bones in closed form."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from smpl_assets.body.protocol import SMPL_JOINTS
from smpl_assets.motion.rig import Bones

STRETCHED = 0.999  # longest reach of a leg, of its length
_BENT_RAD = 2.6  # the knee's largest flexion


def turn_x(angle: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 3 3"]:
    """Rotations about x (rad)."""
    c, s, one, zero = np.cos(angle), np.sin(angle), np.ones_like(angle), np.zeros_like(angle)
    return np.stack([one, zero, zero, zero, c, -s, zero, s, c], axis=-1).reshape(*angle.shape, 3, 3)


def turn_y(angle: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 3 3"]:
    """Rotations about y (rad)."""
    c, s, one, zero = np.cos(angle), np.sin(angle), np.ones_like(angle), np.zeros_like(angle)
    return np.stack([c, zero, s, zero, one, zero, -s, zero, c], axis=-1).reshape(*angle.shape, 3, 3)


def reach(
    bones: Bones, side: str, to: Float[np.ndarray, "n 3"], sideways: Float[np.ndarray, "n 3"]
) -> tuple[Float[np.ndarray, "n 3 3"], Float[np.ndarray, "n 3 3"]]:
    """Rotations of a hip (in the frame that `to` is in) and of its knee (in the thigh's) that bring the ankle to a place.

    Args:
        bones: of the body.
        side: `left` or `right`.
        to: from the hip to the ankle, m; what lies out of reach is met as nearly as the leg allows.
        sideways: the axis that the knee bends about, towards the body's left; its part across the leg counts.
    """
    thigh, shin = (bones.offsets[SMPL_JOINTS.index(f"{side}_{n}")] for n in ("knee", "ankle"))
    far = np.linalg.norm(to, axis=1)
    # |thigh + Rx(knee) shin|^2 = far^2 is a cos(knee) + b sin(knee) = c
    a, b = thigh[1:] @ shin[1:], thigh[2] * shin[1] - thigh[1] * shin[2]
    longest = np.sqrt(thigh @ thigh + shin @ shin + 2 * (thigh[0] * shin[0] + np.hypot(a, b)))
    c = (np.minimum(far, STRETCHED * longest) ** 2 - thigh @ thigh - shin @ shin) / 2 - thigh[0] * shin[0]
    knee = np.clip(np.arctan2(b, a) + np.arccos(np.clip(c / np.hypot(a, b), -1, 1)), 0, _BENT_RAD)
    bend = turn_x(knee)
    own = _frame(thigh + bend @ shin, np.array([1.0, 0.0, 0.0]))
    return _frame(to, sideways) @ own.transpose(0, 2, 1), bend


def _frame(along: Float[np.ndarray, "n 3"], across: Float[np.ndarray, "..."]) -> Float[np.ndarray, "n 3 3"]:
    """Rotations whose columns are: along, what of `across` is perpendicular to it, their cross product."""
    first = along / np.linalg.norm(along, axis=1, keepdims=True)
    second = across - (first * across).sum(axis=1, keepdims=True) * first
    second = second / np.linalg.norm(second, axis=1, keepdims=True)
    return np.stack([first, second, np.cross(first, second)], axis=2)
