"""Body parameters: rotation matrices in code (`BodyPose`), axis-angle on disk (`BodyParameters`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from scipy.spatial.transform import Rotation
from torch import Tensor

from smpl_assets.rotations import BODY_FLIP, flip_body_pose, flip_rotation


@dataclass(frozen=True)
class BodyPose:
    """B bodies in SMPL's terms, as every body model takes them.

    global_orient: (B, 3, 3) rotation of the body frame (SMPL's: y up, facing +z, the body's left at +x) into the camera frame;
        an upright person who faces the camera has diag(1, -1, -1).
    body_pose: (B, 23, 3, 3) rotations of SMPL_JOINTS[1:] relative to their parents, identity = SMPL's T-pose.
    shape: (B, S) model-specific shape vector, zero = the mean body, each component roughly N(0, 1).
    transl: (B, 3) the pelvis in the camera frame, metres.
    """

    global_orient: Float[Tensor, "batch 3 3"]
    body_pose: Float[Tensor, "batch 23 3 3"]
    shape: Float[Tensor, "batch shape"]
    transl: Float[Tensor, "batch 3"]

    def __len__(self) -> int:
        return len(self.transl)

    @classmethod
    def at_origin(cls, rotations: Float[Tensor, "batch 24 3 3"], shape: Float[Tensor, "batch shape"]) -> BodyPose:
        """Bodies whose pelvis is the camera frame's origin, from the root's rotation followed by the others."""
        return cls(rotations[:, 0], rotations[:, 1:], shape, torch.zeros_like(rotations[:, 0, 0]))

    @classmethod
    def from_axis_angle(cls, parameters: BodyParameters) -> BodyPose:
        """The same bodies in single precision (converted in double)."""
        orient, pose = (_matrices(turns) for turns in (parameters.global_orient, parameters.body_pose))
        return cls(*(torch.from_numpy(a).float() for a in (orient, pose, parameters.shape, parameters.transl)))

    def to_axis_angle(self) -> BodyParameters:
        """The same bodies as they are written to disk, in double precision."""
        orient, pose = (_vectors(m) for m in (self.global_orient, self.body_pose))
        return BodyParameters(orient, pose, self.shape.double().numpy(), self.transl.double().numpy())

    def select(self, rows: Tensor | slice) -> BodyPose:
        """Some of the bodies."""
        return BodyPose(*(getattr(self, f.name)[rows] for f in fields(self)))

    def repeated(self, count: int) -> BodyPose:
        """Every body `count` times, one after the other."""
        return BodyPose(*(getattr(self, f.name).repeat_interleave(count, 0) for f in fields(self)))

    def to(self, device: str | torch.device) -> BodyPose:
        """The same bodies on another device."""
        return BodyPose(*(getattr(self, f.name).to(device) for f in fields(self)))

    def mirrored(self) -> BodyPose:
        """The same bodies in the mirror x -> -x: left and right swapped; twice is the identity."""
        transl = self.transl * self.transl.new_tensor([-1.0, 1.0, 1.0])
        return BodyPose(flip_rotation(self.global_orient), flip_body_pose(self.body_pose), self.shape, transl)


@dataclass(frozen=True)
class BodyParameters:
    """One body or several as columns of a file: axis-angle (rad) `global_orient` (..., 3) and `body_pose` (..., 23, 3), `shape`
    (..., S), `transl` (..., 3) m; see BodyPose.
    """

    global_orient: Float[np.ndarray, "*batch 3"]
    body_pose: Float[np.ndarray, "*batch 23 3"]
    shape: Float[np.ndarray, "*batch shape"]
    transl: Float[np.ndarray, "*batch 3"]

    @classmethod
    def stacked(cls, bodies: Sequence[BodyParameters]) -> BodyParameters:
        """Several bodies as one batch."""
        return cls(*(np.stack([getattr(b, f.name) for b in bodies]) for f in fields(cls)))

    def select(self, rows: int | slice | np.ndarray) -> BodyParameters:
        """Some of the bodies, or (by a number) one of them."""
        return BodyParameters(*(getattr(self, f.name)[rows] for f in fields(self)))

    def mirrored(self) -> BodyParameters:
        """The same bodies in the mirror x -> -x: left and right swapped; twice is the identity."""
        turn, across = np.array([1.0, -1.0, -1.0]), np.array([-1.0, 1.0, 1.0])
        pose = self.body_pose[..., BODY_FLIP, :] * turn
        return BodyParameters(self.global_orient * turn, pose, self.shape, self.transl * across)

    def rounded(self) -> BodyParameters:
        """Rounded to a micrometre or microradian, as labels state them."""
        return BodyParameters(*(np.round(np.asarray(getattr(self, f.name), np.float64), 6) for f in fields(self)))

    def to_json(self) -> dict[str, Any]:
        """Plain lists of the rounded numbers."""
        rounded = self.rounded()
        return {f.name: getattr(rounded, f.name).tolist() for f in fields(self)}


def _matrices(turns: Float[np.ndarray, "*batch 3"]) -> Float[np.ndarray, "*batch 3 3"]:
    return Rotation.from_rotvec(turns.reshape(-1, 3)).as_matrix().reshape(*turns.shape, 3)


def _vectors(turns: Float[Tensor, "*batch 3 3"]) -> Float[np.ndarray, "*batch 3"]:
    return Rotation.from_matrix(turns.double().numpy().reshape(-1, 3, 3)).as_rotvec().reshape(*turns.shape[:-1])
