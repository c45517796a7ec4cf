import torch

from smpl_assets.inverse.fit_network import total_loss, true_camera
from smpl_assets.inverse.networks import Hypotheses, build_network, draw_heatmaps
from smpl_assets.inverse.pairs import PairSource
from smpl_assets.inverse.settings import InverseSettings
from smpl_assets.skeletons import SKELETONS
from tests.smpl_assets.inverse.conftest import TINY


def test_keypoint_network_gives_rotations_and_probabilities():
    network = build_network(TINY, 12)
    guess = network(60 * torch.randn(5, 13, 2), torch.ones(5, 13))
    assert guess.rotations.shape == (5, 3, 24, 3, 3)
    product = guess.rotations @ guess.rotations.transpose(-1, -2)
    torch.testing.assert_close(product, torch.eye(3).expand_as(product), atol=1e-5, rtol=0)
    torch.testing.assert_close(guess.log_score.exp().sum(1), torch.ones(5))


def test_what_is_not_annotated_is_not_looked_at():
    network = build_network(TINY, 12)
    keypoints, annotated = 60 * torch.randn(2, 13, 2), torch.ones(2, 13)
    annotated[:, 4] = 0
    other = keypoints.clone()
    other[:, 4] = 999.0
    torch.testing.assert_close(network(keypoints, annotated).camera, network(other, annotated).camera)


def test_heatmaps_have_their_centre_between_pixels():
    keypoints = torch.tensor([[[10.3, -20.7]] * 13])
    annotated = torch.ones(1, 13)
    annotated[0, 5] = 0
    maps = draw_heatmaps(keypoints, annotated)
    assert maps.shape == (1, 13, 256, 256)
    axis = torch.arange(256) + 0.5 - 128
    mass = maps[0, 0].sum()
    x, y = (maps[0, 0].sum(0) * axis).sum() / mass, (maps[0, 0].sum(1) * axis).sum() / mass
    torch.testing.assert_close(torch.stack([x, y]), keypoints[0, 0], atol=1e-3, rtol=0)
    assert maps[0, 5].max() == 0


def test_the_thesis_network_learns_too(rig):
    settings = TINY.model_copy(update={"network": "resnet50", "batch": 2, "hypotheses": 1})
    source = PairSource(rig, 0.2 * torch.randn(8, 23, 3), torch.eye(3).expand(8, 3, 3), settings, 0)
    network, pairs = build_network(settings, rig.shape_size), source.batch(0)
    loss, _ = total_loss(network(pairs.keypoints, pairs.annotated), pairs, rig, SKELETONS["coco17"])
    loss.backward()
    assert network.resnet.conv1.weight.grad.abs().sum() > 0
    assert network.resnet.conv1.in_channels == 13


def test_camera_and_translation_are_each_others_inverse():
    g = torch.Generator().manual_seed(0)
    transl = torch.tensor([0.1, -0.2, 4.0]) + 0.1 * torch.randn(6, 3, generator=g)
    focal = torch.linspace(300, 900, 6)
    guess = Hypotheses(
        torch.eye(3).expand(6, 1, 24, 3, 3), torch.zeros(6, 1, 12), true_camera(transl, focal)[:, None], torch.zeros(6, 1)
    )
    torch.testing.assert_close(guess.transl(focal)[:, 0], transl)


def test_a_perfect_guess_costs_nothing_but_its_score(rig):
    source = PairSource(rig, 0.2 * torch.randn(8, 23, 3), torch.eye(3).expand(8, 3, 3), TINY, 0)
    pairs = source.batch(0)
    rotations = torch.cat([pairs.body.global_orient[:, None], pairs.body.body_pose], 1)[:, None]
    perfect = Hypotheses(
        rotations, pairs.body.shape[:, None], true_camera(pairs.body.transl, pairs.focal)[:, None], torch.zeros(len(rotations), 1)
    )
    _, figures = total_loss(perfect, pairs, rig, SKELETONS["coco17"])
    assert {name: round(float(value), 2) for name, value in figures.items()} == dict.fromkeys(figures, 0.0)


def test_settings_refuse_a_field_of_view_upside_down():
    import pytest

    with pytest.raises(ValueError, match="fov_deg"):
        InverseSettings(fov_deg=(40.0, 20.0))
