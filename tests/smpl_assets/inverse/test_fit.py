import torch

from smpl_assets.camera import project
from smpl_assets.inverse.crop import crop_intrinsics
from smpl_assets.inverse.fit import FitQuality, FittedBatch, apart_from_better, fit_batch
from smpl_assets.inverse.normal import Parameters
from smpl_assets.inverse.settings import FitSettings, RefineSettings
from smpl_assets.skeletons import SKELETONS
from tests.smpl_assets.inverse.conftest import random_people


def _people(body, count=12):
    x = random_people(count, body.shape_size, seed=5)
    with torch.no_grad():
        spots = body.sparse_keypoints((SKELETONS["mpii16"],), x.body())[0]["mpii16"]
    crop = torch.tensor([[400.0, 100.0, 300.0, 300.0]]).expand(count, 4)
    return project(spots, crop_intrinsics(x.focal, crop)), torch.ones(count, 16, dtype=torch.bool)


def _fit(function, body, keypoints, annotated, **changes):
    settings = FitSettings(hypotheses=3).model_copy(update=changes)
    return fit_batch(function, body, SKELETONS["mpii16"], keypoints, annotated, settings, list(range(len(keypoints))))


def test_refined_bodies_reproject_onto_their_keypoints(function, body):
    keypoints, annotated = _people(body)
    found = _fit(function, body, keypoints, annotated)
    best = found.order[:, 0] + 3 * torch.arange(len(keypoints))
    away = (found.keypoints[best] - keypoints).norm(dim=-1)
    assert away.median() < 2.0
    assert (found.quality.limit_deg[best].median()) < 3.0


def test_refinement_is_what_brings_them_there(function, body):
    keypoints, annotated = _people(body)
    raw = _fit(function, body, keypoints, annotated, refine=RefineSettings(steps=0))
    assert raw.quality.error_crop.median() > 3 * _fit(function, body, keypoints, annotated).quality.error_crop.median()


def test_more_hypotheses_than_the_network_has(function, body):
    keypoints, annotated = _people(body, 4)
    found = _fit(function, body, keypoints, annotated, hypotheses=7)
    assert found.energy.shape == (4, 7)
    assert (
        found.parameters.pose.unflatten(0, (4, 7))[:, 0].sub(found.parameters.pose.unflatten(0, (4, 7))[:, 3]).abs().max() > 1e-3
    )


def test_believed_hypotheses_come_first(function, body):
    keypoints, annotated = _people(body)
    found = _fit(function, body, keypoints, annotated)
    for row, order in enumerate(found.order):
        refused = [bool(found.reasons[3 * row + int(o)]) for o in order]
        assert refused == sorted(refused)


def test_runners_up_are_believed_and_differ_from_better_ones(body):
    """Hypotheses 0..3 of two people: a twin of the best, a refused one, one that differs; nobody believed."""
    joints = torch.zeros(2, 4, 24, 3)
    joints[0, 0, 1:] = 0.01  # within SPREAD_M of the best, number 2
    joints[0, 1, 1:], joints[0, 3, 1:] = 0.5, 1.0
    joints[0, 3] += 7.0  # places do not count
    reasons = ["", "reaches into itself", "", "", *["does not reproject"] * 4]
    order = torch.tensor([[2, 0, 3, 1], [0, 1, 2, 3]])
    empty = torch.zeros(8)
    found = FittedBatch(
        parameters=Parameters(torch.zeros(8, 3, 3), torch.zeros(8, 69), torch.zeros(8, 2), torch.zeros(8, 3), empty),
        energy=torch.zeros(2, 4), order=order, reasons=reasons, quality=FitQuality(*[empty] * 5),
        keypoints=torch.zeros(8, 5, 2), joints=joints.flatten(0, 1), crop_xywh=torch.zeros(2, 4), intrinsics=torch.zeros(8, 4),
    )  # fmt: skip
    who, which = apart_from_better(found, 2)
    assert (who.tolist(), which.tolist()) == ([0], [3])
