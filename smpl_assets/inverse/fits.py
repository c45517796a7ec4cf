"""The record of fitted bodies that `fit` writes and `render` reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64

from smpl_assets.body.pose import BodyParameters
from smpl_assets.columns import Columns

FITS, HYPOTHESES = "fits.npz", "hypotheses.npz"  # the files of a shard: one body a person, and their believed runners-up


@dataclass(frozen=True, eq=False)
class Fits(Columns):
    """n fitted people, one row per rare person of a shard.

    person: (n,) row of the pose table. accepted: (n,). reason: why not, else "".
    global_orient: (n, 3) axis-angle rad, body frame into camera frame. body_pose: (n, 23, 3) axis-angle rad. shape: (n, S).
    transl: (n, 3) m, the pelvis in the camera frame. intrinsics: (n, 4) fx, fy, cx, cy px of the source image.
    keypoints: (n, J, 2) px of the source image, the fitted body's, in the data set's skeleton; NaN for one that has no
        place on a body.
    error_px: (n,) mean distance to the annotated joints; error_crop: (n,) the same over the crop's side.
    crop_xywh: (n, 4) px, square.
    penetration_m: (n,) depth of the deepest self-penetration. limit_deg: (n,) farthest excess over a joint limit.
    surprise: (n,) distance to the pose prior. hypothesis: (n,) which one was kept. body: name of the body model.
    A row that was not fitted holds zeros, a depth and focal length of one, an infinite error and hypothesis -1.
    """

    person: Int64[np.ndarray, " people"]
    accepted: Bool[np.ndarray, " people"]
    reason: tuple[str, ...]
    global_orient: Float[np.ndarray, "people 3"]
    body_pose: Float[np.ndarray, "people 23 3"]
    shape: Float[np.ndarray, "people shape"]
    transl: Float[np.ndarray, "people 3"]
    intrinsics: Float[np.ndarray, "people 4"]
    keypoints: Float[np.ndarray, "people joints 2"]
    error_px: Float[np.ndarray, " people"]
    error_crop: Float[np.ndarray, " people"]
    crop_xywh: Float[np.ndarray, "people 4"]
    penetration_m: Float[np.ndarray, " people"]
    limit_deg: Float[np.ndarray, " people"]
    surprise: Float[np.ndarray, " people"]
    hypothesis: Int64[np.ndarray, " people"]
    body: str

    @property
    def bodies(self) -> BodyParameters:
        """The body parameters (n, ...)."""
        return BodyParameters(self.global_orient, self.body_pose, self.shape, self.transl)


def empty_fits(person: Int64[np.ndarray, " people"], reasons: list[str], joints: int, shape_size: int, body: str) -> Fits:
    """Fits of people of whom none is fitted yet; those without a reason are to be filled in."""
    n = len(person)
    intrinsics = np.tile(np.array([1.0, 1.0, 0.0, 0.0]), (n, 1))
    return Fits(
        person=person.astype(np.int64), accepted=np.zeros(n, bool), reason=tuple(reasons), global_orient=np.zeros((n, 3)),
        body_pose=np.zeros((n, 23, 3)), shape=np.zeros((n, shape_size)), transl=np.tile(np.array([0.0, 0.0, 1.0]), (n, 1)),
        intrinsics=intrinsics, keypoints=np.zeros((n, joints, 2)), error_px=np.full(n, np.inf), error_crop=np.full(n, np.inf),
        crop_xywh=np.zeros((n, 4)), penetration_m=np.zeros(n), limit_deg=np.zeros(n), surprise=np.zeros(n),
        hypothesis=np.full(n, -1, np.int64), body=body,
    )  # fmt: skip
