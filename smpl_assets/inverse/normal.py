"""The terms of the fit and their Gauss-Newton equations.

Parameters of one body, in this order: turn of the root (3, rad), 69 axis-angle components (rad), shape (S), translation (3, m),
log focal (1).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from smpl_assets.body.pose import BodyPose
from smpl_assets.camera import MIN_DEPTH_M
from smpl_assets.inverse.overlaps import Overlaps, RigCapsules, overlaps
from smpl_assets.inverse.prior import DIMENSIONS, TAIL, PosePrior
from smpl_assets.inverse.rig import (
    DESCENDS,
    Attachment,
    Posed,
    Rig,
    contributions,
    pose_rig,
    pose_rows,
    shape_derivatives,
    turning_axes,
)
from smpl_assets.inverse.settings import RefineSettings
from smpl_assets.poses.limits import excess
from smpl_assets.rotations import exponential, left_jacobian

_OUTLIER = 12.0  # keypoint residuals beyond this many deviations pull ever less
_STEP = 1e-3  # rad, of the numerical derivative of the limits


@dataclass(frozen=True)
class Parameters:
    """What is fitted, per hypothesis: a body whose pose (B, 69) is in axis-angle rad, since the steps are; focal (B,) px of a 256
    px crop; the others as in BodyPose.
    """

    global_orient: Float[Tensor, "batch 3 3"]
    pose: Float[Tensor, "batch 69"]
    shape: Float[Tensor, "batch shape"]
    transl: Float[Tensor, "batch 3"]
    focal: Float[Tensor, " batch"]

    def moved(self, step: Float[Tensor, "batch parameters"]) -> Parameters:
        """The parameters after a step in the order above."""
        size = self.shape.shape[1]
        turn, pose, shape, transl, focal = step.split([3, DIMENSIONS, size, 3, 1], dim=1)
        return Parameters(
            exponential(turn) @ self.global_orient,
            self.pose + pose,
            self.shape + shape,
            self.transl + transl,
            self.focal * focal[:, 0].exp(),
        )

    def where(self, mask: Bool[Tensor, " batch"], other: Parameters) -> Parameters:
        """These parameters where the mask holds, the others elsewhere."""
        pairs = [(getattr(self, f.name), getattr(other, f.name)) for f in fields(self)]
        return Parameters(*(torch.where(mask.view(-1, *[1] * (a.ndim - 1)), a, b) for a, b in pairs))

    def rows(self, index: Tensor) -> Parameters:
        """Some of the hypotheses."""
        return Parameters(*(getattr(self, f.name)[index] for f in fields(self)))

    def body(self) -> BodyPose:
        """The bodies, differentiably."""
        return BodyPose(self.global_orient, exponential(self.pose.unflatten(1, (-1, 3))), self.shape, self.transl)


@dataclass(frozen=True)
class Problem:
    """What the fit is held against.

    targets: (B, K, 2) px of the 256 px crop from its centre; annotated: (B, K) 0 or 1; start_focal: (B,) px.
    correction: (B, K, 3) m, what the rig's keypoints lack to be the body's.
    """

    rig: Rig
    attachment: Attachment
    capsules: RigCapsules
    prior: PosePrior
    targets: Float[Tensor, "batch keypoints 2"]
    annotated: Float[Tensor, "batch keypoints"]
    start_focal: Float[Tensor, " batch"]
    correction: Float[Tensor, "batch keypoints 3"] | None = None

    def rows(self, index: Tensor) -> Problem:
        """The problem of some of the hypotheses."""
        return replace(self, targets=self.targets[index], annotated=self.annotated[index], start_focal=self.start_focal[index])

    def corrected(self, correction: Tensor) -> Problem:
        """The same problem with another correction."""
        return replace(self, correction=correction)


@dataclass
class Equations:
    """Energy (B,), Gauss-Newton matrix (B, D, D) and gradient (B, D)."""

    energy: Tensor
    matrix: Tensor
    gradient: Tensor

    def add_rows(self, rows: Tensor, residual: Tensor, weight: Tensor, at: int = 0) -> None:
        """Add rows (B, R, d) with residuals (B, R), weights (B, R), acting on the parameters from `at` on."""
        width = rows.shape[2]
        scaled = rows * weight[..., None]
        self.matrix[:, at : at + width, at : at + width] += scaled.transpose(1, 2) @ rows
        self.gradient[:, at : at + width] += (scaled.transpose(1, 2) @ residual[..., None])[..., 0]

    def add_diagonal(self, value: Tensor, residual: Tensor, at: int) -> None:
        """Add residuals (B, d) of weight `value` whose derivative is the identity from `at` on."""
        width = residual.shape[1]
        self.matrix[:, at : at + width, at : at + width].diagonal(dim1=1, dim2=2).add_(value)
        self.gradient[:, at : at + width] += value * residual
        self.energy += (value * residual**2).sum(1)


def linearise(problem: Problem, x: Parameters, settings: RefineSettings, keypoint_px: float) -> Equations:
    """Energy and equations at x. The energy is that of a posterior: squares over their deviations, twice the negative log."""
    batch, size = x.shape.shape
    width = 3 + DIMENSIONS + size + 4
    equations = Equations(torch.zeros(batch), torch.zeros(batch, width, width), torch.zeros(batch, width))
    posed = pose_rig(problem.rig, x.body())
    axes = turning_axes(posed, left_jacobian(x.pose.unflatten(1, (-1, 3))))
    _add_keypoints(equations, problem, x, posed, axes, keypoint_px)
    if settings.prior:
        _add_prior(equations, problem.prior, x.pose, settings.prior)
    if settings.limit_rad:
        _add_limits(equations, x.pose, settings.limit_rad)
    if settings.penetration_m:
        _add_penetration(equations, overlaps(problem.capsules, posed, x.shape), posed, axes, settings.penetration_m)
    at = 3 + DIMENSIONS
    if settings.shape:
        equations.add_diagonal(torch.tensor(settings.shape**-2), x.shape, at)
    if settings.focal:
        equations.add_diagonal(torch.tensor(settings.focal**-2), (x.focal / problem.start_focal).log()[:, None], at + size + 3)
    return equations


def _add_keypoints(e: Equations, problem: Problem, x: Parameters, posed: Posed, axes: Tensor, sigma: float) -> None:
    parts = contributions(problem.attachment, posed, x.shape)
    spot = parts.sum(2) if problem.correction is None else parts.sum(2) + problem.correction
    depth = spot[..., 2].clamp(min=MIN_DEPTH_M)
    image = x.focal[:, None, None] * spot[..., :2] / depth[..., None]
    residual = (image - problem.targets) * problem.annotated[..., None]
    squared = (residual**2).sum(-1) / sigma**2
    calm = problem.annotated / (1.0 + squared / _OUTLIER**2).sqrt() / sigma**2
    gradient = _image_gradient(x.focal, image, depth)
    moving = torch.einsum("bkrc,bkcs->bkrs", gradient, shape_derivatives(problem.rig, problem.attachment, posed, x.shape))
    rows = torch.cat([pose_rows(problem.attachment, parts, posed, axes, gradient), moving, gradient, image[..., None]], -1)
    e.add_rows(rows.flatten(1, 2), residual.flatten(1), calm.repeat_interleave(2, 1))
    e.energy += (2 * _OUTLIER**2 * ((1 + squared / _OUTLIER**2).sqrt() - 1) * problem.annotated).sum(1)


def _image_gradient(focal: Tensor, image: Tensor, depth: Tensor) -> Tensor:
    """(B, K, 2, 3) px per m: derivative of the projection by the point."""
    scale = focal[:, None] / depth
    zero = torch.zeros_like(scale)
    u, v = image.unbind(-1)
    return torch.stack([torch.stack([scale, zero, -u / depth], -1), torch.stack([zero, scale, -v / depth], -1)], -2)


def _add_prior(e: Equations, prior: PosePrior, pose: Tensor, sigma: float) -> None:
    component = prior.nearest(pose)
    precision, away = prior.precisions[component], pose - prior.means[component]
    pull = (precision @ away[..., None])[..., 0]
    squared = (away * pull).sum(1)
    weight = ((TAIL + DIMENSIONS) / (TAIL + squared)) / sigma**2
    e.matrix[:, 3 : 3 + DIMENSIONS, 3 : 3 + DIMENSIONS] += weight[:, None, None] * precision
    e.gradient[:, 3 : 3 + DIMENSIONS] += weight[:, None] * pull
    e.energy += (TAIL + DIMENSIONS) * torch.log1p(squared / TAIL) / sigma**2


def _add_limits(e: Equations, pose: Tensor, sigma: float) -> None:
    joints = pose.unflatten(1, (-1, 3))
    value = excess(exponential(joints))
    e.energy += (value**2).sum(1) / sigma**2
    some = (value > 0).any(1).nonzero()[:, 0]  # the others have nothing to differentiate
    if not len(some):
        return
    nudged = excess(exponential(joints[some] + _STEP * torch.eye(3).to(pose)[:, None, None]))
    slope = ((nudged - value[some]) / _STEP).movedim(0, -1)
    at = torch.arange(joints.shape[1])[:, None] * 3 + torch.arange(3) + 3
    e.matrix[some[:, None, None, None], at[:, :, None], at[:, None, :]] += slope[..., :, None] * slope[..., None, :] / sigma**2
    e.gradient[some, 3 : 3 + DIMENSIONS] += (slope * value[some][..., None] / sigma**2).flatten(1)


def _add_penetration(e: Equations, found: Overlaps, posed: Posed, axes: Tensor, sigma: float) -> None:
    depth = found.depth.clamp(min=0.0)
    moments = _moments(found.first, found.first_joint, found.direction, posed)
    moments = moments - _moments(found.second, found.second_joint, found.direction, posed)
    rows = -torch.einsum("bpjc,bjcd->bpjd", moments, axes).flatten(2)
    e.add_rows(rows, depth, (found.depth > 0.0).to(depth.dtype) / sigma**2)
    e.energy += (depth**2).sum(1) / sigma**2


def _moments(spot: Tensor, joint: Tensor, direction: Tensor, posed: Posed) -> Tensor:
    """How turning each joint moves a point along a direction: (B, P, 24, 3)."""
    carried = DESCENDS.to(spot.dtype).T[joint]
    return carried[..., None] * torch.linalg.cross(spot[:, :, None] - posed.joints[:, None], direction[:, :, None], dim=-1)
