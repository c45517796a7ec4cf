"""What every system of the table has to keep while it learns; systems that come later are tested by being there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from smpl_assets.work import Bench
from tests.training.conftest import PEOPLE
from tests.training.systems.contract import NAMES, OTHER, PHASED, batch, build, phases_of
from tests.training.systems.learning import loss_of, losses_of
from training.codecs.codec import People
from training.loop.depthwise import speed_up_depthwise
from training.loop.fit import fit
from training.loop.phases import enter
from training.loop.plan import Plan
from training.recipes import Recipe
from training.systems.system import Phase, PoseModel
from training.train_stage import AugmentedSet

# how far the loss has to fall; one that is a distance falls like the root of one that is its square
FALLS = {"integral_tiny": 20**0.5}


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
def test_where_an_unsupervised_joint_is_said_to_be_changes_nothing(name: str) -> None:
    """Neither the loss nor what is learnt from it, in no phase. One of the two joints is a shoulder, which measures torsos."""
    image, people = batch(2)
    people.supervised[0, 0, 5] = people.supervised[1, 0, 0] = False
    for phase in phases_of(name):
        losses, learnt = [], []
        for place in ((3.0, 50.0), (500.0, -40.0)):
            moved = torch.where(people.supervised[..., None], people.keypoints, torch.tensor(place))
            model = build(name)
            enter(model.network, phase)
            torch.manual_seed(0)
            loss = loss_of(model, image, People(moved, people.supervised), torch.ones(2), phase.stages)
            loss.backward()
            losses.append(loss.item())
            gradients = {n: p.grad for n, p in model.network.named_parameters() if p.grad is not None}
            learnt.append(gradients | dict(model.network.named_buffers()))
        assert losses[0] == losses[1]
        assert learnt[0].keys() == learnt[1].keys()
        assert all(torch.equal(value, learnt[1][n]) for n, value in learnt[0].items())


@pytest.mark.parametrize(("name", "options"), [*((name, None) for name in NAMES), *OTHER.items()])
def test_every_phase_makes_a_step_in_half_precision(name: str, options: Mapping[str, object] | None) -> None:
    """As `fit` prepares a network for a CPU. What learns moves, and nothing else."""
    model = build(name, options=options)
    network, (image, people) = model.network.to(memory_format=torch.channels_last), batch(2)
    speed_up_depthwise(network)
    optimiser = torch.optim.AdamW(network.parameters(), 1e-3, fused=True)
    for phase in phases_of(name, options):
        enter(network, phase)
        before = {n: p.detach().clone() for n, p in network.named_parameters()}
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of(model, image, people, torch.ones(2), phase.stages)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        assert loss.isfinite()
        assert all(value.isfinite().all() for value in network.state_dict().values())
        moved = [n for n, p in network.named_parameters() if not torch.equal(p, before[n])]
        assert moved
        assert not phase.learns or all(n.startswith(phase.learns) for n in moved)


def learns_by_heart(model: PoseModel, phase: Phase, falls: float, seed: int | None = None) -> bool:
    """Whether the loss of the output that is decoded, or the phase's last, falls so far on the same crops, and stays there.

    seed: of what each step draws.
    """
    for layer in model.network.modules():
        if isinstance(layer, (nn.Dropout, nn.Dropout2d)):
            layer.p = 0.0  # by heart, not by half of what is seen
    image, people = batch(8)
    enter(model.network, phase)
    optimiser = torch.optim.Adam(model.network.parameters(), 2e-3)
    losses = []
    for _ in range(150):
        if seed is not None:
            torch.manual_seed(seed)
        parts = losses_of(model, image, people, torch.ones(8), phase.stages)
        optimiser.zero_grad()
        torch.stack([stage.weight * part for stage, part in zip(model.stages, parts, strict=True)]).sum().backward()
        optimiser.step()
        losses.append(parts[phase.stages[-1] if phase.stages else -1].item())
        if max(losses[-3:]) < losses[0] / falls:
            return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_it_learns_eight_crops_by_heart(name: str) -> None:
    """The output that is decoded; earlier ones may be too coarse for it. In the first phase where there are several."""
    assert learns_by_heart(build(name), phases_of(name)[0], FALLS.get(name, 20))


@pytest.mark.slow
@pytest.mark.parametrize("name", PHASED)
def test_its_last_phase_learns_eight_crops_by_heart(name: str) -> None:
    """From chance, and looking at the same windows in all steps: of drawn ones, no two are the same."""
    assert learns_by_heart(build(name, options=OTHER[name]), phases_of(name, OTHER[name])[-1], 20, seed=0)


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
