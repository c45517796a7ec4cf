"""DeepPose's cascade and the four regressors: sizes, windows, drawn errors, and that they learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import save_file

from smpl_assets.errors import InputError
from smpl_assets.skeletons import Skeleton, get_skeleton
from tests.training.systems.easy_set import SIDE, SKELETON, easy_set
from tests.training.systems.learning import found, learn, pck, trained
from training.codecs.codec import Knobs
from training.systems.build import build_model
from training.systems.checkpoint import load_backbone
from training.systems.displacements import Displacements
from training.systems.pixels import normalise
from training.systems.system import Phase, PoseModel
from training.systems.windows import cut_windows, diameters, torso_pairs


def build(name: str, device: str = "cpu", **options: object) -> PoseModel:
    with torch.device(device):
        return build_model(name, get_skeleton("lsp14"), 0, Knobs(), options=options)


def parameters(network: torch.nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def test_a_stage_of_deep_pose_has_the_size_of_its_layers() -> None:
    """11x11x96, 5x5x256, 3x3x384 twice, 3x3x256, 4096 twice and 28 numbers; the lecture's 40 M fits no reading."""
    network = build("deep_pose", "meta").network
    assert [parameters(stage) for stage in network.stages] == [58_396_060] * 3
    outputs = network(torch.zeros(2, 3, 440, 440, device="meta"))
    assert [o.shape for o in outputs] == [(2, 28), (2, 56), (2, 56)]


def test_sizes_of_the_regressors() -> None:
    sizes = {
        name: parameters(build(f"regressor_{name}", "meta").network) for name in ("baseline1", "baseline2", "alexnet", "vgg19")
    }
    assert sizes == {"baseline1": 68_497_386, "baseline2": 35_016_810, "alexnet": 57_184_106, "vgg19": 173_304_938}
    assert parameters(build("regressor_vgg19", "meta").network.backbone) == 20_024_384


def test_a_window_is_where_it_is_asked_for() -> None:
    """A ramp of x: windows keep its values at their own pixels' middles, outside is zero."""
    image = (torch.arange(40) + 0.5).expand(1, 1, 20, 40)
    cut = cut_windows(image, torch.tensor([[[20.0, 10.0], [0.0, 10.0]]]), torch.tensor([[8.0, 8.0]]), 4)
    assert cut.shape == (2, 1, 4, 4)
    assert cut[0, 0, 0].tolist() == pytest.approx([17, 19, 21, 23])
    assert cut[1, 0, 0].tolist() == pytest.approx([0, 0, 1, 3], abs=1e-4)


def test_torsos_by_hand() -> None:
    """Left shoulder to right hip, else the mirrored diagonal, else three tenths of the joints' extent."""
    skeleton = Skeleton("four", ("left_shoulder", "right_shoulder", "left_hip", "right_hip"), ())
    points = torch.tensor([[[10.0, 0.0], [0.0, 0.0], [10.0, 40.0], [0.0, 30.0]]])
    known = torch.tensor([[True, True, True, True], [True, True, True, False], [True, True, False, False]])
    found = diameters(points.expand(3, -1, -1), known, torso_pairs(skeleton), 20)
    assert found.tolist() == pytest.approx([np.hypot(10, 30), np.hypot(10, 40), 0.3 * 10])
    assert diameters(points, torch.zeros(1, 4, dtype=torch.bool), (), 20).tolist() == [1.0]


def test_drawn_errors_are_those_that_were_seen() -> None:
    generator = torch.Generator().manual_seed(0)
    errors = Displacements(2)
    spread = torch.tensor([[[0.2, 0.0], [0.1, 0.1]], [[0.05, 0.0], [0.0, 0.3]]])
    middle = torch.tensor([[0.1, -0.2], [0.0, 0.0]])
    for _ in range(50):
        noise = torch.randn(400, 2, 2, generator=generator)
        errors.note(middle + torch.einsum("jik,bjk->bji", spread, noise), torch.ones(400, 2, dtype=torch.bool))
    errors.note(torch.full((3, 2, 2), 9.0), torch.zeros(3, 2, dtype=torch.bool))  # nobody's joints change nothing
    assert errors.mean == pytest.approx(middle.numpy(), abs=0.01)
    assert errors.covariance == pytest.approx((spread @ spread.transpose(1, 2)).numpy(), abs=0.01)
    torch.manual_seed(0)
    drawn = errors.draw(20_000)
    assert drawn.mean(0) == pytest.approx(middle.numpy(), abs=0.02)
    assert torch.cov(drawn[:, 0].T).numpy() == pytest.approx(errors.covariance[0].numpy(), abs=0.01)


def test_errors_are_noted_and_drawn_in_single_precision_under_autocast() -> None:
    """Of a joint that is missed by the same much nearly every time, bfloat16 has a variance of 0 or below it."""
    offsets = torch.tensor([0.45, -0.3]) + 0.004 * torch.randn(64, 3, 2, generator=torch.Generator().manual_seed(0))
    known, single, mixed = torch.ones(64, 3, dtype=torch.bool), Displacements(3), Displacements(3)
    single.note(offsets, known)
    torch.manual_seed(0)
    drawn = single.draw(8)
    with torch.autocast("cpu", torch.bfloat16):
        mixed.note(offsets, known)
        torch.manual_seed(0)
        assert torch.equal(mixed.draw(8), drawn)
    assert torch.equal(mixed.covariance, single.covariance)
    assert single.covariance.diagonal(dim1=1, dim2=2).flatten().tolist() == pytest.approx([0.004**2] * 6, rel=0.5)


def test_in_training_a_later_stage_looks_at_the_truth_and_only_what_learns_is_run() -> None:
    figures = easy_set(4, 0)
    model = build("deep_pose_tiny", stages=2, side=32)
    for value in model.network.stages[0].parameters():
        value.requires_grad_(False)
    first, second = model.shown(normalise(figures.images), figures.people(torch.arange(4)))
    assert not first.any()
    assert second.any()
    assert not model.network.errors[0].seen.any()  # the first stage did not run
    second.sum().backward()
    assert all(p.grad is None for p in model.network.stages[0].parameters())


def test_phases_follow_the_options() -> None:
    assert [p.learns for p in build("deep_pose_tiny", stages=2).system.phases] == [("stages.0.",), ("stages.1.",)]
    assert build("regressor_tiny").system.phases == ()
    assert build("regressor_tiny", two_steps=True).system.phases[1] == Phase(0.5, ("places.",), (1,))


@pytest.mark.parametrize(
    ("name", "options"),
    [("deep_pose_tiny", {"stages": 1}), ("deep_pose_tiny", {"sigma": 9}), ("regressor_tiny", {"dropout": 1.0})],
)
def test_options_out_of_range_are_refused(name: str, options: dict[str, float]) -> None:
    with pytest.raises(InputError, match=rf"train\.options\.{next(iter(options))} of {name}"):
        build(name, **options)


def test_imagenet_weights_fit_and_others_are_refused(tmp_path: Path) -> None:
    alexnet = torchvision.models.AlexNet().features
    save_file({f"features.{n}": v for n, v in alexnet.state_dict().items()}, tmp_path / "alex.safetensors")
    model = build("regressor_alexnet")
    assert load_backbone(model, tmp_path / "alex.safetensors") == 10
    assert torch.equal(model.network.backbone.features[10].weight, alexnet[10].weight)
    with pytest.raises(InputError, match="not the weights of this backbone"):
        load_backbone(build("regressor_tiny"), tmp_path / "alex.safetensors")


@pytest.mark.slow
def test_the_second_stage_lowers_the_error_of_the_first() -> None:
    others = easy_set(300, 1)
    model = trained("deep_pose_tiny", easy_set(3000, 0), stages=2, side=32)
    errors = [float((found(model, others, stage) - others.keypoints).norm(dim=2).mean()) for stage in (0, 1)]
    assert pck(found(model, others, 0), others) >= 45
    assert errors[1] <= 0.85 * errors[0]


@pytest.mark.slow
def test_regressors_find_joints_and_whether_they_are_there() -> None:
    others = easy_set(300, 1, absent=0.3)
    model = build_model("regressor_tiny", SKELETON, 0, Knobs())
    learn(model, easy_set(3000, 0, absent=0.3))
    model.network.eval()
    with torch.inference_mode():
        score = model.last.codec.decode(model(normalise(others.images))[-1], model.last.frame((SIDE, SIDE))).score
    assert pck(found(model, others), others) >= 40
    assert ((score >= 0.5) == others.present).float().mean() >= others.present.float().mean() + 0.05
