import math

import pytest
import torch

from smpl_assets.skeletons import get_skeleton
from training.codecs.belief import Belief
from training.codecs.codec import Frame, Knobs, People
from training.systems.build import build_model
from training.systems.pose_machine import centre_map


def test_the_background_is_what_no_joint_is():
    points = torch.tensor([[[[12.0, 12.0], [28.0, 12.0]]]])  # cells (1, 1) and (3, 1) at stride 8
    flags = torch.ones(1, 1, 2, dtype=torch.bool)
    targets = Belief(sigma=1.0).targets(People(points, flags), Frame((32, 32), 8))
    row = targets.heatmaps[0, :, 1]
    near, far = math.exp(-0.5), math.exp(-2)
    assert row[0].tolist() == pytest.approx([near, 1, near, far])
    assert row[1].tolist() == pytest.approx([math.exp(-4.5), far, near, 1])
    assert row[2].tolist() == pytest.approx([1 - near, 0, 1 - near, 0])
    assert targets.supervised.tolist() == [[True, True, True]]
    one = Belief(sigma=1.0).targets(People(points, torch.tensor([[[True, False]]])), Frame((32, 32), 8))
    assert one.heatmaps[0, 2, 1].tolist() == pytest.approx([1 - near, 0, 1 - near, 1 - far])
    assert one.supervised.tolist() == [[True, False, True]]


def test_the_background_is_neither_swapped_nor_decoded():
    output = torch.arange(3.0)[None, :, None, None].expand(1, 3, 2, 2)
    assert Belief().mirror(output, (1, 0))[0, :, 0, 0].tolist() == [1, 0, 2]
    assert Belief().decode(output, Frame((16, 16), 8)).score.tolist() == [[0, 1]]


def test_the_centre_map_by_hand():
    """46 x 46 cells of a 368 px crop: means of 9 px wide windows that begin every 8 px, of a Gaussian of 21 px."""
    found = centre_map((368, 368))
    assert found.shape == (1, 1, 46, 46)
    profile = [math.exp(-((x + 0.5 - 184) ** 2) / (2 * 21**2)) for x in range(368)]
    means = [sum(profile[8 * i : 8 * i + 9]) / len(profile[8 * i : 8 * i + 9]) for i in range(46)]
    for row, column in ((0, 0), (22, 22), (22, 25), (10, 45)):
        assert found[0, 0, row, column].item() == pytest.approx(means[row] * means[column], rel=1e-5)


def test_the_first_stage_of_the_tiny_one_sees_half_the_crop_and_the_last_all_of_it():
    """As in the paper, where it is 160 of 368 px: what the first one lacks is what later ones are for."""
    model = build_model("cpm_tiny", get_skeleton("lsp14"), 0, Knobs())
    model.network.eval()
    seen = []
    for stage in (0, 2):
        image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)).requires_grad_()
        model(image)[stage][0, :, 4, 4].sum().backward()
        seen.append(int((image.grad != 0).any(1).any(1).sum()))
    assert seen == [30, 64]


def test_options():
    lsp = get_skeleton("lsp14")
    assert len(build_model("cpm_tiny", lsp, 0, Knobs(), options={"stages": 2}).stages) == 2
    with torch.device("meta"):
        plain = build_model("cpm_vgg", lsp, 0, Knobs(), options={"stages": 2}).network
        normalised = build_model("cpm_vgg", lsp, 0, Knobs(), options={"norm": "batch", "stages": 2}).network
    assert any(isinstance(layer, torch.nn.BatchNorm2d) for layer in normalised.modules())
    assert normalised.backbone.state_dict().keys() == plain.backbone.state_dict().keys()
    assert not any(isinstance(layer, torch.nn.BatchNorm2d) for layer in plain.modules())
