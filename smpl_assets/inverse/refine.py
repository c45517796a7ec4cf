"""Batched Levenberg-Marquardt under pose prior, joint limits, shape prior and self-penetration, and where it starts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from smpl_assets.body.pose import BodyPose
from smpl_assets.body.protocol import SMPL_JOINTS, SMPL_PARENTS, BodyModel
from smpl_assets.inverse.crop import solve_translation
from smpl_assets.inverse.function import InverseFunction
from smpl_assets.inverse.networks import Hypotheses
from smpl_assets.inverse.normal import Equations, Parameters, Problem, linearise
from smpl_assets.inverse.rig import points, pose_rig
from smpl_assets.inverse.settings import RefineSettings
from smpl_assets.poses.limits import clamp
from smpl_assets.rotations import axis_angle_from_matrix, exponential, rotation_between
from smpl_assets.seeds import torch_generator
from smpl_assets.skeletons import Skeleton

# From 2D a bone may as well point away from the camera as towards it: the chains whose bones are turned over together.
_CHAINS = tuple(
    tuple(SMPL_JOINTS.index(f"{side}_{joint}") for joint in joints)
    for side in ("left", "right")
    for joints in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
)
_TURN_RAD = 0.3
_TWIN_COST = 100.0  # of energy, for a start that is the same as a chosen one


def draw_starts(
    function: InverseFunction, guess: Hypotheses, wanted: int, flips: bool, seeds: list[int]
) -> tuple[Float[Tensor, "people starts 24 3 3"], Float[Tensor, "people starts shape"], Float[Tensor, "people starts"]]:
    """Rotations, shapes and log scores of the starts: `wanted` hypotheses, likeliest first, and with `flips` one more per limb.

    Hypotheses beyond those of the network are turned copies, drawn from each person's seed.
    """
    had = guess.log_score.shape[1]
    order = guess.log_score.argsort(dim=1, descending=True, stable=True)
    pick = order[:, torch.arange(wanted) % had]
    if flips:
        pick = torch.cat([pick, order[:, :1].expand(-1, len(_CHAINS))], 1)
    person = torch.arange(len(pick))[:, None].expand_as(pick)
    rotations, score = guess.rotations[person, pick], guess.log_score[person, pick]
    shape = guess.shape[person, pick].clamp(-2.5, 2.5)
    if wanted > had:
        rotations = _turn_copies(rotations, had, wanted, seeds)
    for number in range(pick.shape[1] - wanted):
        rotations[:, wanted + number] = _flip_chain(function, rotations[:, 0], shape[:, 0], _CHAINS[number])
    return rotations, shape, score


def _turn_copies(rotations: Tensor, had: int, wanted: int, seeds: list[int]) -> Tensor:
    turned = rotations.clone()
    for row, seed in enumerate(seeds):
        extra = torch.randn(wanted - had, rotations.shape[2], 3, generator=torch_generator(seed, "hypotheses"))
        turned[row, had:wanted] = exponential(_TURN_RAD * extra) @ rotations[row, had:wanted]
    return turned


def _flip_chain(function: InverseFunction, rotations: Tensor, shape: Tensor, chain: tuple[int, ...]) -> Tensor:
    """The bones of a chain reflected in the image plane, as far as the joint limits let them."""
    posed = pose_rig(function.rig, BodyPose.at_origin(rotations, shape))
    world, turned = posed.rotations, rotations.clone()
    above = world[:, SMPL_PARENTS[chain[0]]]
    for joint, below in pairwise(chain):
        bone = posed.joints[:, below] - posed.joints[:, joint]
        moved = rotation_between(bone, bone * torch.tensor([1.0, 1.0, -1.0])) @ world[:, joint]
        turned[:, joint] = above.transpose(1, 2) @ moved
        above = moved
    turned[:, 1:] = clamp(turned[:, 1:])
    return turned


def place_starts(
    function: InverseFunction,
    skeleton: Skeleton,
    rotations: Tensor,
    shape: Tensor,
    local: Tensor,
    annotated: Tensor,
    focal: Tensor,
) -> Parameters:
    """The starts as parameters (people x starts rows), placed so that they reproject as well as their postures can."""
    count = rotations.shape[1]
    rotations, shape = rotations.flatten(0, 1), shape.flatten(0, 1)
    posed = pose_rig(function.rig, BodyPose.at_origin(rotations, shape))
    spots = points(function.rig.attachments[skeleton.name], posed, shape)
    many = [t.repeat_interleave(count, 0) for t in (local, annotated, focal)]
    transl = solve_translation(spots, *many)
    return Parameters(rotations[:, 0], axis_angle_from_matrix(rotations[:, 1:]).flatten(1), shape, transl, many[2])


def choose_apart(
    joints: Float[Tensor, "people starts joints 3"], energy: Float[Tensor, "people starts"], wanted: int, spread_m: float
) -> Int64[Tensor, "people wanted"]:
    """The start of lowest energy, then again and again the best of those that differ from the chosen ones.

    A start within `spread_m` (m, mean distance of joints) of a chosen one pays for what it lacks, so twins come last.
    """
    distance = (joints[:, :, None] - joints[:, None]).norm(dim=-1).mean(-1)
    cost = energy.nan_to_num(1e9, 1e9)
    taken = torch.zeros_like(cost, dtype=torch.bool)
    nearest = torch.full_like(cost, torch.inf)
    rows, chosen = torch.arange(len(cost)), []
    for _ in range(wanted):
        lacking = (1.0 - nearest / spread_m).clamp(min=0.0) * _TWIN_COST
        best = (cost + lacking + taken * 1e12).argmin(1)
        chosen.append(best)
        taken[rows, best] = True
        nearest = torch.minimum(nearest, distance[rows, best])
    return torch.stack(chosen, 1)


_LOOSE = 4.0  # the first steps see keypoints this many times less sharply, so that the prior can choose the posture
_LONGEST = 0.6  # rad or m, the longest step of any parameter
_LOOSE_SHARE = 0.4  # of the steps
_CORRECT_AT = (0.4, 0.85)  # shares of the steps after which the rig is corrected to the body


@dataclass(frozen=True)
class Refined:
    """Refined hypotheses and the energy (B,) each ended with (twice a negative log posterior, up to a constant)."""

    parameters: Parameters
    energy: Float[Tensor, " batch"]


def schedule(settings: RefineSettings) -> list[float]:
    """Deviation of the keypoints (px) at each step: loose first, so that the prior can choose the posture."""
    sharp = max(1, round(settings.steps * _LOOSE_SHARE))
    return [settings.keypoint_px * max(1.0, _LOOSE ** (1.0 - step / sharp)) for step in range(settings.steps)]


def refine(
    problem: Problem,
    start: Parameters,
    settings: RefineSettings,
    sigmas: list[float],
    body: BodyModel | None,
    skeleton: Skeleton,
) -> Refined:
    """Take one step per deviation of the keypoints; one that makes things worse is taken back and a smaller one tried.

    The steps use the rig. With a body, its keypoints are shifted towards the end to where the body itself has them.
    """
    x, best, previous = start, start, torch.full((len(start.transl),), torch.inf)
    equations: Equations | None = None
    damping = torch.full((len(start.transl),), 1e-2)
    count = len(sigmas)
    corrections = {round(count * share) for share in _CORRECT_AT} if body is not None else set()
    for step in range(count + 1):
        now, before = (sigmas[min(max(s, 0), count - 1)] if sigmas else settings.keypoint_px for s in (step, step - 1))
        if body is not None and step in corrections:
            problem = problem.corrected(body_difference(problem, best, body, skeleton))
        fresh = linearise(problem, x, settings, now)
        comparable = now == before and step not in corrections
        better = fresh.energy.isfinite()
        if comparable and step:
            better &= fresh.energy <= previous
        equations = fresh if equations is None else _keep(better, fresh, equations)
        best, previous = x.where(better, best), torch.where(better, fresh.energy, previous)
        damping = torch.where(better, (damping / 3.0).clamp(min=1e-5), (damping * 6.0).clamp(max=1e3))
        if step < count:
            x = best.moved(_step(equations, damping))
    return Refined(best, previous)


def _keep(better: Tensor, fresh: Equations, old: Equations) -> Equations:
    pick = better[:, None]
    return Equations(
        torch.where(better, fresh.energy, old.energy), torch.where(pick[..., None], fresh.matrix, old.matrix),
        torch.where(pick, fresh.gradient, old.gradient),
    )  # fmt: skip


def _step(equations: Equations, damping: Tensor) -> Tensor:
    """Solve the damped equations; a body whose matrix is not positive definite stays where it is."""
    diagonal = equations.matrix.diagonal(dim1=1, dim2=2)
    matrix = equations.matrix + torch.diag_embed(diagonal * damping[:, None] + 1e-4)
    factor, failed = torch.linalg.cholesky_ex(matrix)
    step = -torch.cholesky_solve(equations.gradient[..., None], factor)[..., 0]
    step = torch.where((failed == 0)[:, None] & step.isfinite(), step, 0.0)
    return step * (_LONGEST / step.abs().amax(1, keepdim=True).clamp(min=_LONGEST))


def body_difference(problem: Problem, x: Parameters, body: BodyModel, skeleton: Skeleton) -> Float[Tensor, "batch keypoints 3"]:
    """Keypoints of the body minus those of its rig, m."""
    with torch.no_grad():
        wanted = body.sparse_keypoints((skeleton,), x.body())[0][skeleton.name]
        return wanted - points(problem.attachment, pose_rig(problem.rig, x.body()), x.shape)
