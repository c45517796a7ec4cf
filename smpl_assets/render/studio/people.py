"""Fitted people as scene people: posed in batches, dressed, jittered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from smpl_assets.body.keypoints import load_keypoints
from smpl_assets.body.pose import BodyParameters, BodyPose
from smpl_assets.body.protocol import BodyModel
from smpl_assets.skeletons import Skeleton

CLOTH_M = 0.04


@dataclass(frozen=True)
class PosedBody:
    """vertices: (V, 3), keypoints: (J, 3), joints: (24, 3), metres, camera frame; reach: (J,) see scene.Person."""

    vertices: Float[np.ndarray, "vertices 3"]
    keypoints: Float[np.ndarray, "keypoints 3"]
    joints: Float[np.ndarray, "24 3"]
    reach: Float[np.ndarray, " keypoints"]


class Poser:
    """Poses bodies in batches and finds how deep each keypoint lies below the surface that faces the camera."""

    def __init__(self, body: BodyModel, skeleton: Skeleton, device: str = "cpu", lot: int = 1) -> None:
        """`lot`: batches are filled up to a multiple of it.

        Matrix products round differently for different batch sizes, so the last bit of a vertex would depend on who is posed
        with it, and a sample's bytes on its shard.
        """
        self.lot = lot
        self.body = body.to(device)
        self.skeleton = skeleton
        self.device = device
        table = load_keypoints(body.name)
        rings = [table.points[name][0] for name in table.point_names(skeleton.name)]
        most = max(map(len, rings))
        self._rings = np.array([[*ring, *[ring[-1]] * (most - len(ring))] for ring in rings])

    def pose(self, parameters: Sequence[BodyParameters]) -> list[PosedBody]:
        """All bodies at once."""
        count = len(parameters)
        filled = BodyParameters.stacked([*parameters, *[parameters[0]] * (-count % self.lot)])
        pose = BodyPose.from_axis_angle(filled).to(self.device)
        with torch.inference_mode():
            output = self.body(pose)
            points = self.body.keypoints(self.skeleton.name, output)
        vertices, keypoints, joints = (t[:count].cpu().numpy() for t in (output.vertices, points, output.joints))
        nearest = vertices[:, self._rings, 2].min(axis=2)
        reach = np.maximum(keypoints[..., 2] - nearest, 0) + CLOTH_M
        return [PosedBody(*row) for row in zip(vertices, keypoints, joints, reach, strict=True)]


def turned(parameters: BodyParameters, rotation: Rotation) -> BodyParameters:
    """The body seen by a camera that moved around its pelvis: turned in the camera frame, the pelvis where it was."""
    orient = (rotation * Rotation.from_rotvec(parameters.global_orient)).as_rotvec()
    return replace(parameters, global_orient=orient)
