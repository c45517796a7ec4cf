"""How much people of two frames look like the same ones (T 5.4 to 5.6): flow along the way between them, and its length."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from smpl_assets.skeletons import Skeleton
from training.tracking.network_settings import Head
from training.tracking.people import People
from training.tracking.sampling import directions, sample
from training.tracking.score_settings import ScoreSettings
from training.tracking.skeleton_limbs import Limbs

LEAST_HEIGHT = 8.0  # px
STEEPNESS = 0.3  # of the mappings exp and gauss, where reach is 1
_TORSO = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")


def joint_fields(
    flow: Float[Tensor, "channels rows columns"], head: Head, limbs: Limbs
) -> Float[Tensor, "joints 2 rows columns"]:
    """The flow that each joint is judged by: its own, that of all limbs, or the mean of the limbs that end in it."""
    vectors = flow.unflatten(0, (-1, 2))
    if head == "joints":
        return vectors
    if head == "accumulated":
        return vectors.expand(len(limbs.skeleton), -1, -1, -1)
    ends = torch.zeros(len(limbs.skeleton), len(limbs))
    for joint, touching in enumerate(limbs.of_joint):
        ends[joint, list(touching)] = 1 / max(1, len(touching))
    return torch.einsum("jl,lcyx->jcyx", ends.to(flow), vectors)


def flow_score(
    before: Float[np.ndarray, "before joints 2"], after: Float[np.ndarray, "after joints 2"],
    fields: Float[Tensor, "joints 2 rows columns"], stride: int, still: float,
) -> Float[np.ndarray, "before after"]:  # fmt: skip
    """S_T (5.5): the mean over common joints of the flow's component along the way of the joint; 0 without a common joint.

    A joint that moves less than `still` px counts as 0.
    """
    starts, ends = (torch.from_numpy(k).to(fields).movedim(1, 0) for k in (before, after))
    way = (ends.unsqueeze(1) - starts.unsqueeze(2)).flatten(1, 2)
    lines = starts.unsqueeze(2).expand(-1, -1, len(after), -1).flatten(1, 2)
    mean = sample(fields, lines, way, stride).mean(-1)
    common = torch.isfinite(way).all(-1).sum(0)
    unit = directions(way, still)
    total = (mean[:, 0] * unit[..., 0]).addcmul_(mean[:, 1], unit[..., 1]).sum(0) / common.clamp(min=1)
    return total.view(len(before), len(after)).double().cpu().numpy()


def heights(keypoints: Float[np.ndarray, "people joints 2"]) -> Float[np.ndarray, " people"]:
    """The longer side of the box about each person's joints, px, at least LEAST_HEIGHT."""
    there = np.isfinite(keypoints).all(2, keepdims=True)
    high = np.where(there, keypoints, -np.inf).max(1, initial=-np.inf)
    low = np.where(there, keypoints, np.inf).min(1, initial=np.inf)
    return np.maximum((high - low).max(1), LEAST_HEIGHT)


def distances(
    before: People, after: People, skeleton: Skeleton, over: Literal["joints", "torso"] = "joints"
) -> Float[np.ndarray, "before after"]:
    """Mean distance of common joints in heights of the two people; inf without a common one.

    `torso` counts shoulders and hips only, all joints where two people have none of these in common.
    """
    gaps = np.linalg.norm(before.keypoints[:, None] - after.keypoints, axis=3)
    common = np.isfinite(gaps)
    if over == "torso":
        torso = np.isin(skeleton.keypoints, _TORSO)
        common &= torso | ~(common & torso).any(2, keepdims=True)
    count = common.sum(2)
    mean = np.where(common, gaps, 0.0).sum(2) / np.maximum(count, 1)
    height = (heights(before.keypoints)[:, None] + heights(after.keypoints)) / 2
    return np.where(count > 0, mean / height, np.inf)


def combined(
    flow: Float[np.ndarray, "before after"] | None, distance: Float[np.ndarray, "before after"], settings: ScoreSettings,
    led: Bool[np.ndarray, " before"] | None = None,
) -> Float[np.ndarray, "before after"]:  # fmt: skip
    """S (5.4) from S_T, none where alpha is 0, and distances in heights; -inf where two people cannot be one.

    led: people whose own movement says where they go: flow does not count for them.
    """
    scale = distance / settings.reach
    if settings.mapping == "linear":
        near = np.maximum(0.0, 1 - scale)
    else:
        steep = scale / STEEPNESS
        near = np.exp(-steep) if settings.mapping == "exp" else np.exp(-(steep**2) / 2)
    alpha = settings.alpha if led is None else np.where(led, 0.0, settings.alpha)[:, None]
    score = (1 - alpha) * near + (0.0 if flow is None else alpha * flow)
    return np.where(distance <= settings.gate, score, -np.inf)
