"""What every system of the table has to keep; systems that come later are tested by being there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from smpl_assets.skeletons import get_skeleton
from smpl_assets.work import Bench
from tests.training.conftest import PEOPLE
from tests.training.systems.learning import loss_of, losses_of
from training.codecs.codec import Knobs, People
from training.codecs.window import WindowHeatmap
from training.loop.fit import fit
from training.loop.phases import enter, phase_at
from training.loop.plan import Plan
from training.recipes import Recipe
from training.systems.build import build_model
from training.systems.checkpoint import NetworkCard, load_model, save_network
from training.systems.pixels import normalise
from training.systems.system import Phase, PoseModel
from training.systems.table import SYSTEMS
from training.train_stage import AugmentedSet

COCO = get_skeleton("coco17")
# systems that differ from another one by their size alone
DEEPER = (
    *("simple_resnet34", "simple_resnet50", "simple_resnet101", "simple_resnet152", "cpn_resnet50", "cpn_resnet101"),
    *("hrnet_w32", "hrnet_w48", "hourglass_1", "hourglass_2", "hourglass_8", "cpm_paper", "cpm_vgg"),
    *("ogn_resnet50", "ogn_resnet101", "ogn_resnet152", "integral_resnet50", "integral_resnet101"),
    *(
        "deep_pose",
        "coarse_to_fine",
        "global_local_resnet101",
        "regressor_baseline1",
        "regressor_baseline2",
        "regressor_alexnet",
        "regressor_vgg19",
    ),
)
# how far the loss has to fall; one that is a distance falls like the root of one that is its square
FALLS = {"integral_tiny": 20**0.5}
NAMES = [name for name in SYSTEMS.own if name not in DEEPER]


def build(name: str, seed: int = 0) -> PoseModel:
    return build_model(name, COCO, seed, Knobs(sigma=1.0 if name.startswith("cpm") else 1.5))


def batch(count: int, seed: int = 0) -> tuple[torch.Tensor, People]:
    generator = torch.Generator().manual_seed(seed)
    image = torch.randint(0, 255, (count, 64, 64, 3), dtype=torch.uint8, generator=generator)
    points = 8 + 48 * torch.rand(count, 1, 17, 2, generator=generator)
    return image, People(points, torch.ones(count, 1, 17, dtype=torch.bool))


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_weights(name: str) -> None:
    a, b, other = (build(name, seed).network.state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(a[n], b[n]) for n in a)
    assert any(not torch.equal(a[n], other[n]) for n in a)


@pytest.mark.parametrize("name", NAMES)
def test_a_weight_of_two_is_the_sample_twice_and_of_zero_no_sample(name: str) -> None:
    """The contract of WLCD (eq 4.3), up to the count, which a weight does not change."""
    model = build(name)
    model.network.eval()
    image, people = batch(2)
    twice = People(people.keypoints[[0, 0, 1]], people.supervised[[0, 0, 1]])
    torch.manual_seed(0)
    heavy = loss_of(model, image, people, torch.tensor([2.0, 1.0])) * 2
    torch.manual_seed(0)  # regions of the same place
    double = loss_of(model, image[[0, 0, 1]], twice, torch.ones(3)) * 3
    assert heavy.item() == pytest.approx(double.item(), rel=1e-4)
    loss_of(model, image, people, torch.zeros(2)).backward()
    assert all(p.grad is None or not p.grad.any() for p in model.network.parameters())


@pytest.mark.parametrize("name", NAMES)
def test_channels_last_and_half_precision_run(name: str) -> None:
    model = build(name)
    model.network.eval()
    image, _ = batch(2)
    plain = model(normalise(image))
    model.network.to(memory_format=torch.channels_last)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for stage, a, b in zip(model.stages, plain, model(normalise(image)), strict=True):
            if isinstance(stage.codec, WindowHeatmap):  # where it looks hangs on the maximum of an untrained map
                assert b.isfinite().all()
                continue
            assert (a - b.float()).abs().max() < 0.05 * a.abs().max() + 0.02


@pytest.mark.parametrize("name", NAMES)
def test_a_trained_model_comes_back_from_disk(name: str, tmp_path: Path) -> None:
    model = build(name, 3)
    model.network.to(memory_format=torch.channels_last)
    save_network(tmp_path, model.network, NetworkCard(name, COCO.name, COCO.keypoints, (64, 64), "box", 1.25, "drp"))
    again, card = load_model(tmp_path, COCO)
    model.network.eval()
    image, _ = batch(1)
    assert card.network == name
    with torch.inference_mode():
        assert all(torch.equal(a, b) for a, b in zip(model(normalise(image)), again(normalise(image)), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_it_learns_eight_crops_by_heart(name: str) -> None:
    """The output that is decoded; earlier ones may be too coarse for it.

    Where it learns in phases, in the first one: later ones may look at windows that no two steps share.
    """
    model = build(name)
    for layer in model.network.modules():
        if isinstance(layer, (nn.Dropout, nn.Dropout2d)):
            layer.p = 0.0  # by heart, not by half of what is seen
    image, people = batch(8)
    phase = phase_at(model.system.phases, 0)
    enter(model.network, phase)
    optimiser = torch.optim.Adam(model.network.parameters(), 2e-3)
    losses = []
    for _ in range(150):
        parts = losses_of(model, image, people, torch.ones(8), phase.stages)
        optimiser.zero_grad()
        torch.stack([stage.weight * part for stage, part in zip(model.stages, parts, strict=True)]).sum().backward()
        optimiser.step()
        losses.append(parts[phase.stages[-1] if phase.stages else -1].item())
    assert min(losses[-10:]) < losses[0] / FALLS.get(name, 20)


def test_phases_let_some_parameters_learn_at_a_time(world: AugmentedSet, quick, tmp_path: Path) -> None:
    """In the first half the head learns, in the second the rest."""
    model = build("simple_tiny")
    phases = (Phase(0.5, learns=("head.",)), Phase(0.5, learns=("backbone.", "deconvolutions.")))
    model = replace(model, system=replace(model.system, phases=phases))
    before = {n: p.clone() for n, p in model.network.named_parameters()}
    seen: list[dict[str, torch.Tensor]] = []

    def note(done: int, total: int, **figures: float) -> None:
        seen.append({n: p.detach().clone() for n, p in model.network.named_parameters()})

    settings = quick(epochs=2, batch_size=PEOPLE)
    samples, images = world.samples(Recipe(), 1.0), world.images(Recipe(), settings)
    fit(model, samples, images, Plan(2, 1), settings, Bench(0, tmp_path, progress=note))
    first, last = seen
    moved = [{n.split(".")[0] for n in a if not torch.equal(a[n], b[n])} for a, b in ((before, first), (first, last))]
    assert moved == [{"head"}, {"backbone", "deconvolutions"}]
