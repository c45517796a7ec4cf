"""Batched Levenberg-Marquardt: reprojection under pose prior, joint limits, shape prior and self-penetration."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from smpl_assets.body.protocol import BodyModel
from smpl_assets.inverse.normal import Equations, Parameters, Problem, linearise
from smpl_assets.inverse.rig import points, pose_rig
from smpl_assets.inverse.settings import RefineSettings

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
    problem: Problem, start: Parameters, settings: RefineSettings, sigmas: list[float], body: BodyModel | None, skeleton: str
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
        torch.where(better, fresh.energy, old.energy),
        torch.where(pick[..., None], fresh.matrix, old.matrix),
        torch.where(pick, fresh.gradient, old.gradient),
    )


def _step(equations: Equations, damping: Tensor) -> Tensor:
    """Solve the damped equations; a body whose matrix is not positive definite stays where it is."""
    diagonal = equations.matrix.diagonal(dim1=1, dim2=2)
    matrix = equations.matrix + torch.diag_embed(diagonal * damping[:, None] + 1e-4)
    factor, failed = torch.linalg.cholesky_ex(matrix)
    step = -torch.cholesky_solve(equations.gradient[..., None], factor)[..., 0]
    step = torch.where((failed == 0)[:, None] & step.isfinite(), step, 0.0)
    return step * (_LONGEST / step.abs().amax(1, keepdim=True).clamp(min=_LONGEST))


def body_difference(problem: Problem, x: Parameters, body: BodyModel, skeleton: str) -> Float[Tensor, "batch keypoints 3"]:
    """Keypoints of the body minus those of its rig, m."""
    with torch.no_grad():
        wanted = body.sparse_keypoints((skeleton,), x.body())[0][skeleton]
        return wanted - points(problem.attachment, pose_rig(problem.rig, x.body()), x.shape)
