"""Measures a body into a rig through the body protocol, so that fitting works alike for every body model."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from smpl_assets.body.pose import BodyPose
from smpl_assets.body.protocol import BODY_ROTATIONS, BodyModel
from smpl_assets.inverse.rig import Attachment, Rig, linear_features, points, pose_rig, shape_features
from smpl_assets.rotations import exponential
from smpl_assets.seeds import torch_generator
from smpl_assets.skeletons import Skeleton

NEAR = 4  # joints that a keypoint may hang on
PROBES = 1536
SPREAD_RAD = 0.35


def build_rig(body: BodyModel, skeletons: tuple[Skeleton, ...]) -> Rig:
    """Measure a body on random poses and shapes (always the same ones)."""
    generator = torch_generator(0, "rig", body.name)
    shape = torch.randn(PROBES, body.shape_size, generator=generator).clamp(-2.5, 2.5)
    features = shape_features(shape)
    still = BodyPose.at_origin(torch.eye(3).expand(PROBES, 1 + BODY_ROTATIONS, 3, 3), shape)
    pose = replace(still, body_pose=exponential(SPREAD_RAD * torch.randn(PROBES, BODY_ROTATIONS, 3, generator=generator)))
    with torch.no_grad():
        joints = body.joints(still)
        keypoints, _ = body.sparse_keypoints(skeletons, pose)
    rest = _ridge(features, joints.flatten(1), 1e-6).unflatten(1, (24, 3))
    errors = [_rms(torch.einsum("bf,fjc->bjc", features, rest) - joints)]
    bare = Rig(body.name, body.shape_size, rest, {}, 0.0)
    attachments = {}
    for skeleton in skeletons:
        attachments[skeleton.name], error = _attach(bare, pose, keypoints[skeleton.name])
        errors.append(error)
    return Rig(body.name, body.shape_size, rest, attachments, max(errors))


def _attach(rig: Rig, pose: BodyPose, keypoints: Tensor) -> tuple[Attachment, float]:
    """Fit weights and local offsets of each keypoint to where the body puts it."""
    posed = pose_rig(rig, pose)
    features = linear_features(pose.shape)
    rows = [_attach_one(posed.joints, posed.rotations, features, keypoints[:, k]) for k in range(keypoints.shape[1])]
    joints, weights, local = (torch.stack(part, at) for part, at in zip(zip(*rows, strict=True), (0, 0, 1), strict=True))
    attachment = Attachment(joints, weights, local)
    return attachment, _rms(points(attachment, posed, pose.shape) - keypoints)


def _attach_one(joints: Tensor, rotations: Tensor, features: Tensor, target: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    every = torch.arange(joints.shape[1])
    weights, local = _solve_attachment(joints, rotations, features[:, :1], every, target)
    reach = weights.abs() + local[0].norm(dim=1)
    near = reach.topk(NEAR).indices.sort().values
    weights, local = _solve_attachment(joints, rotations, features, near, target)
    return near, weights, local


def _solve_attachment(joints: Tensor, rotations: Tensor, features: Tensor, near: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Least squares for weights (A,) that add up to 1 and local (F, A, 3); the first joint takes what the others leave."""
    count, width = len(target), len(near)
    first = joints[:, near[:1]]
    arms = (joints[:, near[1:]] - first).transpose(1, 2)
    turned = torch.einsum("bacd,bf->bcfad", rotations[:, near], features).flatten(2)
    system = torch.cat([arms, turned], 2).flatten(0, 1)
    solution = _ridge(system, (target - first[:, 0]).reshape(count * 3, 1), 1e-6)[:, 0]
    others = solution[: width - 1]
    weights = torch.cat([1.0 - others.sum(0, keepdim=True), others])
    return weights, solution[width - 1 :].unflatten(0, (features.shape[1], width, 3))


def _ridge(system: Tensor, target: Tensor, damping: float) -> Tensor:
    a, b = system.double(), target.double()
    normal = a.T @ a
    normal += damping * normal.diagonal().mean() * torch.eye(len(normal), dtype=a.dtype)
    return torch.linalg.solve(normal, a.T @ b).float()


def _rms(difference: Tensor) -> float:
    return float((difference**2).sum(-1).mean().sqrt())
