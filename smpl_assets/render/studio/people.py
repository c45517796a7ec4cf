"""People of a scene: posed in batches, and those who stand beside the one it is about, in everyday postures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from smpl_assets.body.keypoints import placed_part
from smpl_assets.body.pose import BodyParameters, BodyPose
from smpl_assets.body.protocol import BodyModel
from smpl_assets.poses.pool import PosePool
from smpl_assets.poses.settings import PoolSettings
from smpl_assets.seeds import derive_seed, numpy_generator
from smpl_assets.skeletons import Skeleton

CLOTH_M = 0.04


@dataclass(frozen=True)
class PosedBody:
    """vertices: (V, 3), keypoints: (J, 3), joints: (24, 3), metres, camera frame; reach: (J,) see scene.Person.

    A keypoint that has no place on a body is NaN.
    """

    vertices: Float[np.ndarray, "vertices 3"]
    keypoints: Float[np.ndarray, "keypoints 3"]
    joints: Float[np.ndarray, "24 3"]
    reach: Float[np.ndarray, " keypoints"]

    def moved(self, by: Float[np.ndarray, "3"]) -> PosedBody:
        """The body somewhere else, moved by metres."""
        step = by.astype(np.float32)
        return replace(self, vertices=self.vertices + step, keypoints=self.keypoints + step, joints=self.joints + step)


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
        self._placed = placed_part(skeleton)
        self._columns = [skeleton.index(k) for k in self._placed.keypoints]
        rings = [body.points.points[name][0] for name in body.points.point_names(self._placed)]
        most = max(map(len, rings))
        self._rings = np.array([[*ring, *[ring[-1]] * (most - len(ring))] for ring in rings])

    def pose(self, parameters: Sequence[BodyParameters]) -> list[PosedBody]:
        """All bodies at once."""
        count = len(parameters)
        filled = BodyParameters.stacked([*parameters, *[parameters[0]] * (-count % self.lot)])
        pose = BodyPose.from_axis_angle(filled).to(self.device)
        with torch.inference_mode():
            output = self.body(pose)
            points = self.body.keypoints(self._placed, output)
        vertices, placed, joints = (t[:count].cpu().numpy() for t in (output.vertices, points, output.joints))
        nearest = vertices[:, self._rings, 2].min(axis=2)
        keypoints = np.full((count, len(self.skeleton), 3), np.nan, placed.dtype)
        reach = np.full(keypoints.shape[:2], np.nan, placed.dtype)
        keypoints[:, self._columns] = placed
        reach[:, self._columns] = np.maximum(placed[..., 2] - nearest, 0) + CLOTH_M
        return [PosedBody(*row) for row in zip(vertices, keypoints, joints, reach, strict=True)]


def turned(parameters: BodyParameters, rotation: Rotation) -> BodyParameters:
    """The body seen by a camera that moved around its pelvis: turned in the camera frame, the pelvis where it was."""
    orient = (rotation * Rotation.from_rotvec(parameters.global_orient)).as_rotvec()
    return replace(parameters, global_orient=orient)


POSTURES = 64


@dataclass(frozen=True)
class Bystanders:
    """A fixed lot of everyday postures of one body at the origin, drawn once per run."""

    postures: BodyParameters

    @classmethod
    def drawn(cls, seed: int) -> Bystanders:
        """POSTURES usual poses of the built-in generator."""
        sample = PosePool(PoolSettings()).sample(POSTURES, derive_seed(seed, "bystanders"), usual_share=1.0)
        return cls(sample.pose(torch.zeros(POSTURES, 0)).to_axis_angle())

    def parameters(self, count: int, shape_size: int, seed: int) -> list[BodyParameters]:
        """`count` bodies of random shape with the pelvis at the origin."""
        rng = numpy_generator(seed, "bystanders")
        rows = rng.integers(POSTURES, size=count)
        shapes = 0.8 * rng.standard_normal((count, shape_size))
        return [replace(self.postures.select(int(r)), shape=s) for r, s in zip(rows, shapes, strict=True)]


def beside(subject: PosedBody, others: Sequence[PosedBody], seed: int) -> list[PosedBody]:
    """Move other bodies next to the subject: to a side, mostly somewhat farther away, their lowest points level with its own."""
    if not others:
        return []
    rng = numpy_generator(seed, "beside")
    low, high = subject.vertices.min(axis=0), subject.vertices.max(axis=0)
    middle, width = (low + high) / 2, float(high[0] - low[0])
    placed = []
    for number, body in enumerate(others):
        side = 1 if (number + int(rng.integers(2))) % 2 else -1
        step = np.array([
            middle[0] + side * rng.uniform(0.35, 0.75) * (width + 0.5),
            high[1] - float(body.vertices[:, 1].max()),
            middle[2] + rng.uniform(-0.35, 1.6),
        ])  # fmt: skip
        step[2] = max(step[2], 0.6 - float(body.vertices[:, 2].min()))
        placed.append(body.moved(step))
    return placed
