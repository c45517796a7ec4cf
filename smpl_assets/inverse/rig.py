"""A body model reduced to what fitting needs, posed with analytic derivatives: a hundred Gauss-Newton fits a second on a CPU."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from smpl_assets.body.kinematics import PARENTS, forward_kinematics
from smpl_assets.body.pose import BodyPose
from smpl_assets.body.protocol import SMPL_PARENTS, BodyModel


def _descends() -> Tensor:
    table = torch.zeros(len(SMPL_PARENTS), len(SMPL_PARENTS))
    for joint in range(len(SMPL_PARENTS)):
        up = joint
        while up >= 0:
            table[up, joint] = 1.0
            up = SMPL_PARENTS[up]
    return table


DESCENDS = _descends()  # [a, j] = 1 where joint j is a or below a


@dataclass(frozen=True)
class Attachment:
    """Points that hang on joints: point = sum over near joints of weight x joint + rotation x local.

    joints: (K, A) indices. weights: (K, A), they add up to 1. local: (1 + S, K, A, 3) m, a linear function of shape.
    """

    joints: Int64[Tensor, "points near"]
    weights: Float[Tensor, "points near"]
    local: Float[Tensor, "linear points near 3"]

    def to(self, device: str | torch.device) -> Attachment:
        """The same points on another device."""
        return Attachment(self.joints.to(device), self.weights.to(device), self.local.to(device))


@dataclass(frozen=True)
class Rig:
    """Rest joints (F, 24, 3) m, pelvis at zero, per shape feature; attachments per skeleton; largest rms error of either, m."""

    body: str
    shape_size: int
    rest: Float[Tensor, "features 24 3"]
    attachments: dict[str, Attachment]
    error_m: float

    def to(self, device: str | torch.device) -> Rig:
        """The same rig on another device."""
        attachments = {name: a.to(device) for name, a in self.attachments.items()}
        return replace(self, rest=self.rest.to(device), attachments=attachments)


def shape_features(shape: Float[Tensor, "batch shape"]) -> Float[Tensor, "batch features"]:
    """1, the components, and their products."""
    size = shape.shape[1]
    first, second = torch.triu_indices(size, size)
    return torch.cat([torch.ones_like(shape[:, :1]), shape, shape[:, first] * shape[:, second]], 1)


def linear_features(shape: Float[Tensor, "batch shape"]) -> Float[Tensor, "batch linear"]:
    """1 and the components."""
    return torch.cat([torch.ones_like(shape[:, :1]), shape], 1)


def feature_slopes(shape: Float[Tensor, "batch shape"]) -> Float[Tensor, "batch features shape"]:
    """Derivative of `shape_features`."""
    size = shape.shape[1]
    first, second = torch.triu_indices(size, size)
    eye = torch.eye(size).to(shape)
    products = eye[first] * shape[:, second, None] + eye[second] * shape[:, first, None]
    start = torch.cat([torch.zeros(1, size).to(shape), eye]).expand(len(shape), -1, -1)
    return torch.cat([start, products], 1)


@dataclass(frozen=True)
class Posed:
    """A batch of posed rigs, camera frame.

    rotations: (B, 24, 3, 3) of the joints. joints: (B, 24, 3) m. offsets: (B, 24, 3) m, each joint from its parent at rest.
    """

    rotations: Float[Tensor, "batch 24 3 3"]
    joints: Float[Tensor, "batch 24 3"]
    offsets: Float[Tensor, "batch 24 3"]


def pose_rig(rig: Rig, pose: BodyPose) -> Posed:
    """Forward kinematics, differentiable."""
    rest = torch.einsum("bf,fjc->bjc", shape_features(pose.shape), rig.rest)
    offsets = rest - rest[:, PARENTS]
    return Posed(*forward_kinematics(pose.global_orient, pose.body_pose, offsets, pose.transl), offsets)


def pose_joints(body: BodyModel, pose: BodyPose) -> Posed:
    """As `pose_rig`, from the joints of the body itself: no rig has to be measured, and nothing is differentiated."""
    with torch.no_grad():
        rest = body.joints(BodyPose.at_origin(torch.eye(3).expand(len(pose), len(SMPL_PARENTS), 3, 3), pose.shape))
    offsets = rest - rest[:, PARENTS]
    return Posed(*forward_kinematics(pose.global_orient, pose.body_pose, offsets, pose.transl), offsets)


def contributions(
    attachment: Attachment, posed: Posed, shape: Float[Tensor, "batch shape"]
) -> Float[Tensor, "batch points near 3"]:
    """What each nearby joint adds to each attached point; their sum over `near` is the point (m, camera frame)."""
    local = torch.einsum("bf,fkac->bkac", linear_features(shape), attachment.local)
    turned = (posed.rotations[:, attachment.joints] @ local[..., None])[..., 0]
    return attachment.weights[..., None] * posed.joints[:, attachment.joints] + turned


def points(attachment: Attachment, posed: Posed, shape: Float[Tensor, "batch shape"]) -> Float[Tensor, "batch points 3"]:
    """The attached points, m, camera frame."""
    return contributions(attachment, posed, shape).sum(2)


def turning_axes(posed: Posed, left_jacobian: Float[Tensor, "batch 23 3 3"]) -> Float[Tensor, "batch 24 3 3"]:
    """World-frame angular velocity per parameter: of a left-multiplied turn for the root, of the axis-angle vector for the
    others.
    """
    root = torch.eye(3).to(posed.joints).expand(len(posed.joints), 1, 3, 3)
    return torch.cat([root, posed.rotations[:, PARENTS[1:]] @ left_jacobian], 1)


def pose_rows(
    attachment: Attachment, parts: Tensor, posed: Posed, axes: Tensor, gradient: Float[Tensor, "batch points rows 3"]
) -> Float[Tensor, "batch points rows 72"]:
    """Derivative of `gradient . point` by the 24 x 3 rotation parameters.

    Turning joint j about w moves a point by w x (what hangs below j, seen from j), so a row is axes^T (lever x gradient).
    """
    below = DESCENDS.to(parts)[:, attachment.joints]
    levers = torch.einsum("jka,bkac->bkjc", below, parts)
    levers = levers - torch.einsum("jka,ka->kj", below, attachment.weights)[None, ..., None] * posed.joints[:, None]
    moments = torch.linalg.cross(levers[:, :, None], gradient[:, :, :, None], dim=-1)
    return torch.einsum("bkrjc,bjcd->bkrjd", moments, axes).flatten(3)


def shape_derivatives(rig: Rig, attachment: Attachment, posed: Posed, shape: Tensor) -> Float[Tensor, "batch points 3 shape"]:
    """Derivative of the attached points by the shape vector."""
    slopes = feature_slopes(shape)
    rest = torch.einsum("bfs,fjc->bjcs", slopes, rig.rest)
    moved = posed.rotations[:, PARENTS] @ (rest - rest[:, PARENTS])
    moved[:, 0] = 0.0
    joints = torch.einsum("aj,bacs->bjcs", DESCENDS.to(shape), moved)
    turned = torch.einsum("bkacd,skad->bkcs", posed.rotations[:, attachment.joints], attachment.local[1:])
    return turned + torch.einsum("ka,bkacs->bkcs", attachment.weights, joints[:, attachment.joints])
