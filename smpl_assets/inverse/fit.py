"""From a person's annotated keypoints to refined hypotheses of a body, in batches."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from smpl_assets.body.protocol import BodyModel
from smpl_assets.camera import focal_from_fov, project
from smpl_assets.inverse.crop import CROP_PX, crop_around, crop_intrinsics, to_crop
from smpl_assets.inverse.function import InverseFunction
from smpl_assets.inverse.normal import Parameters, Problem
from smpl_assets.inverse.overlaps import penetration
from smpl_assets.inverse.pairs import to_shared
from smpl_assets.inverse.refine import choose_apart, draw_starts, place_starts, refine, schedule
from smpl_assets.inverse.rig import pose_rig
from smpl_assets.inverse.settings import FitSettings, GateSettings
from smpl_assets.poses.limits import excess
from smpl_assets.skeletons import Skeleton, shared13_sources

_FLAT = 0.02  # a second principal spread below this share of the first is a line


@dataclass(frozen=True)
class FitQuality:
    """What the gate looks at, per fit.

    error_crop: mean reprojection error over the crop side. limit_deg: farthest excess over a joint limit. penetration_m: deepest
    overlap. surprise: distance to the pose prior. depth_m: distance of the nearest keypoint.
    """

    error_crop: Float[Tensor, " people"]
    limit_deg: Float[Tensor, " people"]
    penetration_m: Float[Tensor, " people"]
    surprise: Float[Tensor, " people"]
    depth_m: Float[Tensor, " people"]


def refuse_inputs(keypoints: Tensor, annotated: Tensor, settings: GateSettings) -> list[str]:
    """Why each person cannot be fitted ("" where it can): keypoints (n, J, 2) px, annotated (n, J)."""
    return [_refuse_input(k, a, settings) for k, a in zip(keypoints, annotated, strict=True)]


def _refuse_input(keypoints: Float[Tensor, "joints 2"], annotated: Bool[Tensor, " joints"], settings: GateSettings) -> str:
    known = keypoints[annotated]
    if not known.isfinite().all():
        return "a keypoint is not a number"
    if len(known) < settings.minimum_joints:
        return f"fewer than {settings.minimum_joints} annotated joints"
    middle = known.median(0).values
    away = (known - middle).norm(dim=1)
    typical = away.quantile(0.75)  # the median would be the head's size where a face has five keypoints
    if typical < 1e-3 * (1.0 + middle.abs().max()) and away.max() < 1.0:
        return "all joints on one point"
    if away.max() > settings.outside * typical.clamp(min=1.0):
        return "a joint far outside the others"
    spread = torch.linalg.svdvals(known - known.mean(0))
    return "all joints on one line" if spread[1] < _FLAT * spread[0] else ""


def judge(quality: FitQuality, settings: GateSettings) -> list[str]:
    """Why each fit is not believed ("" where it is)."""
    tests = (
        (~quality.error_crop.isfinite() | (quality.error_crop > settings.error_crop), "does not reproject"),
        (quality.depth_m < 0.1, "reaches behind the camera"),
        (quality.limit_deg > settings.limit_deg, "beyond joint limits"),
        (quality.penetration_m > settings.penetration_m, "reaches into itself"),
        (quality.surprise > settings.surprise, "implausible posture"),
    )
    reasons = [""] * len(quality.error_crop)
    for failed, reason in tests:
        for row in failed.nonzero()[:, 0].tolist():
            reasons[row] = reasons[row] or reason
    return reasons


SPREAD_M = 0.06  # hypotheses whose joints differ less on average are much the same
_SCORE_WEIGHT = (
    2.0  # a hypothesis's log score counts as the log of its prior probability: twice, like the other terms of the energy
)


@dataclass(frozen=True)
class FittedBatch:
    """n people x H refined hypotheses.

    parameters: n * H rows, a person's hypotheses one after the other, best first. energy, reasons, quality likewise.
    keypoints: (n * H, K, 2) px of the source image, from the body model itself. crop_xywh, intrinsics: (n, 4), (n * H, 4) px.
    """

    parameters: Parameters
    energy: Float[Tensor, "people hypotheses"]
    order: Int64[Tensor, "people hypotheses"]
    reasons: list[str]
    quality: FitQuality
    keypoints: Float[Tensor, "rows keypoints 2"]
    joints: Float[Tensor, "rows 24 3"]
    crop_xywh: Float[Tensor, "people 4"]
    intrinsics: Float[Tensor, "rows 4"]


def fit_batch(
    function: InverseFunction,
    body: BodyModel,
    skeleton: Skeleton,
    keypoints: Float[Tensor, "people joints 2"],
    annotated: Bool[Tensor, "people joints"],
    settings: FitSettings,
    seeds: list[int],
) -> FittedBatch:
    """Fit people whose inputs the gate let through; `seeds` has one number per person, which only hypotheses beyond the
    network's need.
    """
    with torch.no_grad():
        crop = crop_around(keypoints, annotated)
        local = to_crop(keypoints, annotated, crop)
        focal = focal_from_fov(torch.deg2rad(torch.full((len(local),), settings.fov_deg)), CROP_PX)
        guess = function.guess(*_shared_input(skeleton, local, annotated))
        rotations, shape, score = draw_starts(function, guess, settings.hypotheses, settings.flips, seeds)
        start = place_starts(function, skeleton, rotations, shape, local, annotated.float(), focal)
        problem = Problem(
            function.rig, function.rig.attachments[skeleton.name], function.capsules, function.prior,
            local.repeat_interleave(score.shape[1], 0), annotated.float().repeat_interleave(score.shape[1], 0),
            focal.repeat_interleave(score.shape[1], 0),
        )  # fmt: skip
        problem, start, score, sigmas = _choose(problem, start, score, settings, skeleton)
        refined = refine(problem, start, settings.refine, sigmas, body, skeleton)
        energy = refined.energy.unflatten(0, (-1, settings.hypotheses)) - _SCORE_WEIGHT * score
        return _collect(function, body, skeleton, problem, refined.parameters, energy, keypoints, crop, settings)


def _choose(
    problem: Problem, start: Parameters, score: Tensor, settings: FitSettings, skeleton: Skeleton
) -> tuple[Problem, Parameters, Tensor, list[float]]:
    """Take the loose steps with all starts where there are more than hypotheses, and go on with the best ones that differ."""
    sigmas, wanted = schedule(settings.refine), settings.hypotheses
    people, count = score.shape
    if count == wanted:
        return problem, start, score, sigmas
    loose = len([s for s in sigmas if s > sigmas[-1]])
    first = refine(problem, start, settings.refine, sigmas[:loose], None, skeleton)
    x = first.parameters
    joints = pose_rig(problem.rig, replace(x.body(), transl=torch.zeros_like(x.transl))).joints
    energy = first.energy.unflatten(0, (people, count)) - _SCORE_WEIGHT * score
    chosen = choose_apart(joints.unflatten(0, (people, count)), energy, wanted, SPREAD_M)
    rows = (chosen + torch.arange(people)[:, None] * count).flatten()
    return problem.rows(rows), x.rows(rows), score.gather(1, chosen), sigmas[loose:]


def _shared_input(skeleton: Skeleton, local: Tensor, annotated: Tensor) -> tuple[Tensor, Tensor]:
    """The network's 13 joints; one is annotated where there are keypoints that it is the mean of, and all of them are."""
    sources = shared13_sources(skeleton)
    known = torch.stack([annotated[:, list(rows)].all(1) & bool(rows) for rows in sources], 1).float()
    return to_shared(skeleton, local) * known[..., None], known


def _collect(
    function: InverseFunction,
    body: BodyModel,
    skeleton: Skeleton,
    problem: Problem,
    x: Parameters,
    energy: Tensor,
    keypoints: Tensor,
    crop: Tensor,
    settings: FitSettings,
) -> FittedBatch:
    """Measure every hypothesis on the body model and order each person's: believed ones first, then by energy."""
    spots, joints = body.sparse_keypoints((skeleton,), x.body())
    many = energy.shape[1]
    intrinsics = crop_intrinsics(x.focal, crop.repeat_interleave(many, 0))
    image = project(spots[skeleton.name], intrinsics)
    away = (image - keypoints.repeat_interleave(many, 0)).norm(dim=-1)
    known = problem.annotated
    error = torch.where(known > 0, away, 0.0).sum(1) / known.sum(1) / crop[:, 2].repeat_interleave(many)
    quality = measure_quality(function, x, error, spots[skeleton.name][..., 2].amin(1))
    reasons = judge(quality, settings.gate)
    refused = torch.tensor([bool(r) for r in reasons]).unflatten(0, (-1, many))
    order = (energy.nan_to_num(1e9, 1e9) + refused * 1e10).argsort(dim=1, stable=True)
    return FittedBatch(x, energy, order, reasons, quality, image, joints, crop, intrinsics)


def measure_quality(function: InverseFunction, x: Parameters, error_crop: Tensor, depth_m: Tensor) -> FitQuality:
    """The figures that the gate judges by."""
    pose = x.body()
    beyond = torch.rad2deg(excess(pose.body_pose).amax(1))
    deepest = penetration(function.capsules, pose_rig(function.rig, pose), x.shape)
    return FitQuality(error_crop, beyond, deepest, function.prior.surprise(x.pose), depth_m)


def apart_from_better(found: FittedBatch, people: int) -> tuple[Int64[Tensor, " fits"], Int64[Tensor, " fits"]]:
    """The believed runners-up of a batch's first people, best first: whose each is, and its number among theirs.

    One whose joints, seen from the pelvis, lie within SPREAD_M (mean) of a better one's says nothing new and is left out.
    """
    joints = (found.joints - found.joints[:, :1]).unflatten(0, found.order.shape)
    who, which = [], []
    for person, order in enumerate(found.order[:people].tolist()):
        kept: list[int] = []
        for number in (n for n in order if not found.reasons[person * len(order) + n]):
            if all(float((joints[person, number] - joints[person, k]).norm(dim=-1).mean()) >= SPREAD_M for k in kept):
                kept.append(number)
        which += kept[1:]
        who += [person] * len(kept[1:])
    return torch.tensor(who, dtype=torch.int64), torch.tensor(which, dtype=torch.int64)
