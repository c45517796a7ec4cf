"""What every body model offers: one pose in SMPL's terms in, a mesh in the camera frame out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from smpl_assets.body.pose import BodyPose
from smpl_assets.body.settings import BodySettings
from smpl_assets.body.table import BODIES
from smpl_assets.skeletons import Skeleton

if TYPE_CHECKING:
    from smpl_assets.body.keypoints import KeypointTable

SMPL_JOINTS = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle",
    "spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hand", "right_hand",
)  # fmt: skip
SMPL_PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21)
BODY_ROTATIONS = 23


@dataclass(frozen=True)
class BodyOutput:
    """A batch of posed bodies.

    vertices: (B, V, 3) metres, camera frame (x right, y down, z forward).
    joints: (B, 24, 3) metres, camera frame, SMPL's kinematic joints in SMPL_JOINTS order; joint 0 (pelvis) is at `transl`.
    """

    vertices: Float[Tensor, "batch vertices 3"]
    joints: Float[Tensor, "batch 24 3"]


@dataclass(frozen=True)
class Topology:
    """The constant part of a body mesh.

    faces: (F, 3) vertex indices, counter-clockwise seen from outside.
    uvs: (T, 2) texture coordinates in [0, 1], v up (the image's first row is v = 1).
    uv_faces: (F, 3) indices into uvs.
    """

    faces: Int[np.ndarray, "faces 3"]
    uvs: Float[np.ndarray, "uvs 2"]
    uv_faces: Int[np.ndarray, "faces 3"]


@runtime_checkable
class BodyModel(Protocol):
    """A posable body. `name` is `anny`, `smpl`, ...; `digest` identifies its data (package version or file hash)."""

    name: str
    digest: str
    shape_size: int
    topology: Topology | None  # None where the model's UV file is not given
    points: KeypointTable  # where annotated keypoints lie on its surface

    def __call__(self, pose: BodyPose) -> BodyOutput:
        """Pose the body, differentiably."""
        ...

    def joints(self, pose: BodyPose) -> Float[Tensor, "batch 24 3"]:
        """The joints alone, without skinning the surface (cheap)."""
        ...

    def keypoints(self, skeleton: Skeleton, output: BodyOutput) -> Float[Tensor, "batch keypoints 3"]:
        """A data set's annotated keypoints (camera frame, metres), regressed from the surface; see body.keypoints.

        Each of them has to have a place on the body (`body.keypoints.placed_part`).
        """
        ...

    def sparse_keypoints(
        self, skeletons: tuple[Skeleton, ...], pose: BodyPose
    ) -> tuple[dict[str, Float[Tensor, "batch keypoints 3"]], Float[Tensor, "batch 24 3"]]:
        """Keypoints by a skeleton's name, of several skeletons, and the 24 joints.

        Only the surface points that they need are skinned (fast, for fitting).
        """
        ...

    def to(self, device: str) -> BodyModel:
        """The same model on another device."""
        ...


@lru_cache(maxsize=4)
def load_body(settings: BodySettings, device: str = "cpu") -> BodyModel:
    """The body model that the settings name, loaded once per process and device: `entry(settings, device=device)`.

    Raises InputError where its package or its files are missing or wrong.
    """
    return cast(BodyModel, BODIES.load(settings.name)(settings, device=device))
