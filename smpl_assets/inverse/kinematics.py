"""The posed rig and its analytic derivatives: what makes a hundred Gauss-Newton fits a second possible on a CPU."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from smpl_assets.body.protocol import SMPL_PARENTS
from smpl_assets.inverse.rig import Attachment, Rig, feature_slopes, linear_features, shape_features


def _levels() -> list[list[int]]:
    depth = [0] * len(SMPL_PARENTS)
    for j, parent in enumerate(SMPL_PARENTS):
        depth[j] = 0 if parent < 0 else depth[parent] + 1
    return [[j for j in range(len(depth)) if depth[j] == d] for d in range(1, max(depth) + 1)]


def _descends() -> Tensor:
    table = torch.zeros(len(SMPL_PARENTS), len(SMPL_PARENTS))
    for joint in range(len(SMPL_PARENTS)):
        up = joint
        while up >= 0:
            table[up, joint] = 1.0
            up = SMPL_PARENTS[up]
    return table


LEVELS = _levels()
DESCENDS = _descends()  # [a, j] = 1 where joint j is a or below a
PARENTS = torch.tensor([0, *SMPL_PARENTS[1:]])


@dataclass(frozen=True)
class Posed:
    """A batch of posed rigs, camera frame.

    rotations: (B, 24, 3, 3) of the joints. joints: (B, 24, 3) m. offsets: (B, 24, 3) m, each joint from its parent at rest.
    """

    rotations: Float[Tensor, "batch 24 3 3"]
    joints: Float[Tensor, "batch 24 3"]
    offsets: Float[Tensor, "batch 24 3"]


def pose_rig(
    rig: Rig,
    global_orient: Float[Tensor, "batch 3 3"],
    body_pose: Float[Tensor, "batch 23 3 3"],
    shape: Float[Tensor, "batch shape"],
    transl: Float[Tensor, "batch 3"],
) -> Posed:
    """Forward kinematics, differentiable; arguments as of BodyModel."""
    rest = torch.einsum("bf,fjc->bjc", shape_features(shape), rig.rest)
    offsets = rest - rest[:, PARENTS]
    rotations, joints = [global_orient[:, None]], [transl[:, None]]
    order = [0]
    for level in LEVELS:
        at = [order.index(SMPL_PARENTS[j]) for j in level]
        above, where = torch.cat(rotations, 1)[:, at], torch.cat(joints, 1)[:, at]
        rotations.append(above @ body_pose[:, [j - 1 for j in level]])
        joints.append(where + (above @ offsets[:, level, :, None])[..., 0])
        order += level
    back = [order.index(j) for j in range(len(order))]
    return Posed(torch.cat(rotations, 1)[:, back], torch.cat(joints, 1)[:, back], offsets)


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
