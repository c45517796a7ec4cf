"""Where a body is that moves by itself: on the ground, and what touches the ground stays where it is."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from smpl_assets.body.protocol import SMPL_JOINTS

# Height (m) of a joint above the ground when its part of the body lies on it.
_RADII = {
    "pelvis": 0.12, "knee": 0.06, "spine1": 0.12, "spine2": 0.12, "foot": 0.035, "spine3": 0.13, "neck": 0.09, "head": 0.12,
    "collar": 0.09, "shoulder": 0.08, "elbow": 0.045, "wrist": 0.035, "hand": 0.03, "hip": 0.12,
}  # fmt: skip
_TOUCH_M = 0.025  # within this height of the lowest part others hold on too


def grounded(joints: Float[np.ndarray, "n 24 3"], ankle: float) -> Float[np.ndarray, "n 3"]:
    """Where the pelvis is, so that a body rests on the ground (y = 0) and does not slide over it.

    Args:
        joints: m, of moments that follow closely, with the pelvis at the origin, in a world whose y is up. From one to the next
            the parts on the ground are taken to stand still, weighted by how near to it they are.
        ankle: height of the ankles above the ground of somebody who stands, m.

    Returns:
        Places, the first over the origin.
    """
    radii = np.array([_RADII.get(name.rpartition("_")[2], ankle) for name in SMPL_JOINTS])
    clear = joints[..., 1] - radii
    lowest = clear.min(axis=1, keepdims=True)
    hold = np.exp(-(clear - lowest) / _TOUCH_M)
    hold = 0.5 * (hold[1:] + hold[:-1])
    hold /= hold.sum(axis=1, keepdims=True)
    steps = -(hold[..., None] * np.diff(joints[..., [0, 2]], axis=0)).sum(axis=1)
    place = np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)])
    return np.stack([place[:, 0], -lowest[:, 0], place[:, 1]], axis=1)
