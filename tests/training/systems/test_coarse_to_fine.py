"""The coarse-to-fine network: windows, phases, and that the fine maps gain."""

from __future__ import annotations

import pytest
import torch

from smpl_assets.errors import InputError
from tests.training.systems.easy_set import SKELETON, easy_set
from tests.training.systems.learning import found, loss_of, pck, trained
from training.codecs.codec import Frame, Knobs, People
from training.codecs.window import OUTSIDE, WindowHeatmap
from training.loop.phases import enter
from training.systems.build import build_model
from training.systems.check import check_networks
from training.systems.pasting import cut_cells, paste_cells
from training.systems.pixels import normalise
from training.train_settings import TrainSettings


def test_a_window_is_cut_and_pasted_at_its_cells() -> None:
    maps = torch.arange(12.0).view(1, 1, 3, 4)
    corners = torch.tensor([[2, 1], [-1, -1]])
    cut = cut_cells(maps, torch.tensor([0, 0]), corners, 2)
    assert cut[:, 0].tolist() == [[[6, 7], [10, 11]], [[0, 0], [0, 0]]]
    pasted = paste_cells(cut.view(1, 2, 2, 2) + 1, corners[None], (3, 4), -1.0)
    assert pasted[0, 0].tolist() == [[-1] * 4, [-1, -1, 7, 8], [-1, -1, 11, 12]]
    assert pasted[0, 1].tolist() == [[1, -1, -1, -1], [-1] * 4, [-1] * 4]  # what lies outside is lost
    far = paste_cells(torch.ones(1, 1, 2, 2), torch.tensor([[[90, -90]]]), (3, 4), -1.0)
    assert (far == -1).all()


def test_the_loss_is_of_the_window_alone() -> None:
    """A window of 2 x 2 that says 0.5 where the target is 0, far from the joint."""
    codec, frame = WindowHeatmap(1.0), Frame((16, 16), 1)
    maps = torch.full((1, 1, 16, 16), OUTSIDE)
    maps[0, 0, :2, :2] = 0.5
    targets = codec.targets(People(torch.tensor([[[[12.5, 12.5]]]]), torch.ones(1, 1, 1, dtype=torch.bool)), frame)
    assert codec.loss(maps, targets).sum.item() == pytest.approx(0.25)


def test_windows_hold_the_true_joints_in_training_and_the_found_ones_in_use() -> None:
    figures = easy_set(6, 0)
    model = build_model("coarse_to_fine_tiny", SKELETON, 0, Knobs(), options={"window": 16})
    image, people = normalise(figures.images), figures.people(torch.arange(6))
    torch.manual_seed(0)
    _, fine = model.shown(image, people)
    cells = (figures.keypoints - 0.5).round().long().clamp(0, 63)
    assert (fine.flatten(2).gather(2, (cells[..., 1] * 64 + cells[..., 0])[..., None]) != OUTSIDE).all()
    model.network.eval()
    maps, fine = model(image)
    place = maps.flatten(2).argmax(2)
    x, y = (4 * (place % 16) + 2, 4 * (place // 16) + 2)
    assert (fine.flatten(2).gather(2, (y * 64 + x)[..., None]) != OUTSIDE).all()


def test_while_the_coarse_network_learns_the_fine_one_is_not_run() -> None:
    figures = easy_set(4, 0)
    model = build_model("coarse_to_fine_tiny", SKELETON, 0, Knobs())
    enter(model.network, model.system.phases[0])
    _, fine = model.shown(normalise(figures.images), figures.people(torch.arange(4)))
    assert (fine == OUTSIDE).all()
    assert (model.network.errors.seen == 1).all()  # and its errors are noted


def test_it_learns_in_half_precision_whatever_its_coarse_network_missed() -> None:
    """Joints that are all missed by about the same much: their covariance in bfloat16 is not positive, and draws from it fail."""
    figures = easy_set(4, 0)
    model = build_model("coarse_to_fine_tiny", SKELETON, 0, Knobs(), options={"window": 12})
    people, noise = figures.people(torch.arange(4)), torch.randn(4, 14, 2, generator=torch.Generator().manual_seed(0))
    with torch.autocast("cpu", torch.bfloat16):
        model.network.errors.note(torch.tensor([0.45, -0.3]) + 0.002 * noise, figures.present)
        for phase in model.system.phases[1:]:
            enter(model.network, phase)
            loss = loss_of(model, figures.images, people, torch.ones(4), phase.stages)
            loss.backward()
            assert loss.isfinite()
            learning = [p.grad for p in model.network.parameters() if p.requires_grad]
            assert all(gradient.isfinite().all() for gradient in learning)


@pytest.mark.parametrize(("options", "says"), [({"window": 18}, "window"), ({"stride": 2}, "stride"), ({"fine": 4}, "fine")])
def test_options_out_of_range_are_refused(options: dict[str, int], says: str) -> None:
    with pytest.raises(InputError, match=rf"train\.options\.{says}"):
        build_model("coarse_to_fine_tiny", SKELETON, 0, Knobs(), options=options)


@pytest.mark.parametrize("name", ["coarse_to_fine_tiny", "deep_pose_tiny", "regressor_tiny"])
def test_codecs_that_a_system_cannot_take_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"train\.codec"):
        build_model(name, SKELETON, 0, Knobs(), "integral")


@pytest.mark.parametrize("name", ["coarse_to_fine_tiny", "global_local_tiny"])
def test_belief_maps_are_refused_before_anything_runs(name: str) -> None:
    """They are heatmaps with one more, which would be taken for a joint."""
    train = TrainSettings(network=name, codec="belief", input_size=(64, 64))
    with pytest.raises(InputError, match=r"train\.codec: .*belief maps have one more, the background's") as caught:
        check_networks(train)
    assert caught.value.next_step == "leave train.codec out"
    check_networks(train.model_copy(update={"codec": "hardest"}))


def test_a_coarser_stride_asks_for_larger_multiples_before_anything_runs() -> None:
    train = TrainSettings(network="coarse_to_fine_tiny", input_size=(96, 80), options={"stride": 4})
    check_networks(train)
    with pytest.raises(InputError, match=r"\[96, 80\]: with these options .* multiples of 64") as caught:
        check_networks(train.model_copy(update={"options": {"stride": 16}}))
    assert caught.value.next_step == "for instance [128, 64]"
    check_networks(train.model_copy(update={"options": {"stride": 16}, "input_size": (128, 64)}))


@pytest.mark.slow
def test_the_fine_step_gains_at_a_twentieth_of_the_torso() -> None:
    others = easy_set(300, 1)
    model = trained("coarse_to_fine_tiny", easy_set(3000, 0), window=12)
    coarse, fine = (pck(found(model, others, stage), others, 0.05) for stage in (0, 1))
    assert fine >= coarse + 3
