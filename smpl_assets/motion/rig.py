"""A body's bones, as far as putting its feet somewhere asks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from smpl_assets.body.pose import BodyPose
from smpl_assets.body.protocol import SMPL_JOINTS, SMPL_PARENTS, BodyModel

SHOE_M = 0.012


@dataclass(frozen=True)
class Bones:
    """One body's skeleton in the T-pose, body frame, m.

    offsets: (24, 3) of each joint from its parent. ankle: height of the ankles above the ground when it stands, with shoes.
    stature: from the soles to the top of the head.
    """

    offsets: Float[np.ndarray, "24 3"]
    ankle: float
    stature: float

    @property
    def leg(self) -> float:
        """Length of the stretched leg, hip to ankle."""
        return float(sum(np.linalg.norm(self.offsets[SMPL_JOINTS.index(n)]) for n in ("left_knee", "left_ankle")))

    @property
    def ball(self) -> Float[np.ndarray, "3"]:
        """From an ankle to the toes' joint, about which the heel rises; straight ahead."""
        return np.array([0.0, *self.offsets[SMPL_JOINTS.index("left_foot"), 1:]])


def bones_of(body: BodyModel, shapes: Float[np.ndarray, "people shape"]) -> list[Bones]:
    """The bones of bodies of these shapes."""
    count, eye = len(shapes), torch.eye(3)
    pose = BodyPose.at_origin(eye.expand(count, 24, 3, 3), torch.from_numpy(shapes).float())
    with torch.inference_mode():
        found = body(pose)
    joints, low, high = found.joints.numpy().astype(np.float64), *(found.vertices[..., 1].aminmax(dim=1))
    offsets = joints - joints[:, [max(p, 0) for p in SMPL_PARENTS]]
    ankle = joints[:, SMPL_JOINTS.index("left_ankle"), 1]
    return [
        Bones(o, float(a - lo) + SHOE_M, float(hi - lo))
        for o, a, lo, hi in zip(offsets, ankle, low.numpy(), high.numpy(), strict=True)
    ]
