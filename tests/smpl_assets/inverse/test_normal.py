import pytest
import torch

from smpl_assets.inverse.normal import Problem, linearise
from smpl_assets.inverse.overlaps import build_capsules
from smpl_assets.inverse.prior import learn_prior
from smpl_assets.inverse.settings import RefineSettings
from tests.smpl_assets.inverse.conftest import random_people

OFF = {"prior": 0.0, "limit_rad": 0.0, "shape": 0.0, "penetration_m": 0.0, "focal": 0.0}
FAINT = 1e4  # px, a deviation at which keypoints hardly count


@pytest.fixture(scope="module")
def problem(body, rig):
    g = torch.Generator().manual_seed(0)
    prior = learn_prior(0.3 * torch.randn(500, 69, generator=g), 2, 0)
    targets = 60 * torch.randn(4, 16, 2, generator=g)
    annotated = (torch.rand(4, 16, generator=g) > 0.2).float()
    return Problem(rig, rig.attachments["mpii16"], build_capsules(body), prior, targets, annotated, torch.full((4,), 520.0))


@pytest.mark.parametrize(
    ("term", "keypoint_px", "tolerance"),
    [
        ({}, 1.5, 5e-3),
        ({"prior": 0.01}, FAINT, 5e-3),
        ({"limit_rad": 1e-3}, FAINT, 2e-2),
        ({"shape": 0.1}, FAINT, 5e-3),
        ({"focal": 0.01}, FAINT, 5e-3),
    ],
)
def test_gradient_of_every_term_is_the_slope_of_its_energy(problem, body, term, keypoint_px, tolerance):
    x = random_people(4, body.shape_size, spread=0.5)
    settings = RefineSettings(**{**OFF, **term})
    found = linearise(problem, x, settings, keypoint_px).gradient
    width, step = found.shape[1], 2e-3
    nudges = step * torch.eye(width)
    up = [linearise(problem, x.moved(n.expand(4, -1)), settings, keypoint_px).energy for n in nudges]
    down = [linearise(problem, x.moved(-n.expand(4, -1)), settings, keypoint_px).energy for n in nudges]
    slope = (torch.stack(up, 1) - torch.stack(down, 1)) / (4 * step)
    assert (found - slope).norm() < tolerance * slope.norm()
    assert slope.norm() > 0


def test_penetration_pushes_limbs_apart(problem, body):
    x = random_people(4, body.shape_size, spread=0.9, seed=3)
    settings = RefineSettings(**{**OFF, "penetration_m": 1e-3})
    equations = linearise(problem, x, settings, FAINT)
    deep = equations.energy > 1.0
    assert deep.any()
    away = x.moved(-1e-3 * equations.gradient / equations.gradient.norm(dim=1, keepdim=True).clamp(min=1e-6))
    assert (linearise(problem, away, settings, FAINT).energy < equations.energy)[deep].all()


def test_unannotated_keypoints_pull_nothing(problem, body):
    x = random_people(4, body.shape_size)
    settings = RefineSettings(**OFF)
    moved = problem.targets + 500.0 * (1.0 - problem.annotated)[..., None]
    other = Problem(
        problem.rig, problem.attachment, problem.capsules, problem.prior, moved, problem.annotated, problem.start_focal
    )
    torch.testing.assert_close(linearise(problem, x, settings, 1.5).gradient, linearise(other, x, settings, 1.5).gradient)
