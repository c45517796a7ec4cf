"""Training: the loss falls, a cut-off training goes on and ends alike, unlabelled regions teach nothing."""

import hashlib
import shutil
from pathlib import Path

import pytest
import torch

from smpl_assets.errors import InputError, StageError
from smpl_assets.work import Bench
from tests.training.tracking.films import SKELETON, film
from tools import make_tracker
from training.tracking import start
from training.tracking.checkpoint import FILE, load_tracker, read_tracker_card, start_from
from training.tracking.drawing import Drawing
from training.tracking.fit import fit_pairs
from training.tracking.loss import spatial_loss
from training.tracking.network import build_network
from training.tracking.network_settings import TmlOptions
from training.tracking.settings import TrackSettings
from training.tracking.skeleton_limbs import limbs_of
from training.tracking.targets import Grid
from training.tracking.train_settings import TmlTrainSettings
from training.tracking.train_stage import train_tml

LIMBS = limbs_of(SKELETON)
SHORT = {"batch_size": 2, "input_size": (32, 32), "warmup": 2, "strides": (1, 2), "threads": 1, "precision": "32-true"}


class Cut(Exception):
    """Pulls the plug."""


def train(tmp_path: Path, steps=6, cut=None, **settings):
    network = build_network(LIMBS, TmlOptions(heads=("limbs", "joints")), 0)

    def progress(done, total, **figures):
        if done == cut:
            raise Cut

    bench = Bench(1, tmp_path, scratch=tmp_path / "scratch", progress=progress)
    history, _ = fit_pairs(network, LIMBS, [film()], TmlTrainSettings(steps=steps, **SHORT | settings), bench)
    return network.state_dict(), history


def test_a_training_that_was_cut_off_ends_as_one_that_was_not(tmp_path):
    whole, history = train(tmp_path / "a")
    with pytest.raises(Cut):
        train(tmp_path / "b", cut=4)
    assert list((tmp_path / "b" / "scratch").glob("*.ckpt"))
    resumed, again = train(tmp_path / "b")
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    assert history == again
    assert not list((tmp_path / "b" / "scratch").glob("*"))


def test_a_damaged_checkpoint_is_as_good_as_none(tmp_path):
    with pytest.raises(Cut):
        train(tmp_path, cut=4)
    (file,) = (tmp_path / "scratch").glob("*.ckpt")
    file.write_bytes(b"no")
    assert len(train(tmp_path)[1]) == 6


def test_the_last_steps_teach_the_temporal_part_alone(tmp_path):
    first, _ = train(tmp_path / "a", steps=4, temporal_last=0.5, schedule="constant", cut=None)
    short, _ = train(tmp_path / "b", steps=2, temporal_last=0.0, schedule="constant")
    assert torch.equal(first["backbone.0.weight"], short["backbone.0.weight"])
    assert not torch.equal(first["temporal.0.0.weight"], short["temporal.0.0.weight"])


def test_normalisation_stands_still_where_the_spatial_part_does(tmp_path):
    states = []
    for name, steps, last in (("a", 2, 0.0), ("b", 4, 0.5)):
        network = build_network(LIMBS, TmlOptions(system="tml_tiny"), 0)
        settings = TmlTrainSettings(steps=steps, temporal_last=last, schedule="constant", **SHORT)
        fit_pairs(network, LIMBS, [film()], settings, Bench(1, tmp_path / name))
        states.append(network.state_dict())
    still = [n for n in states[0] if n.startswith(("backbone", "spatial"))]
    assert any("running_mean" in n for n in still)
    assert all(torch.equal(states[0][n], states[1][n]) for n in still)


@pytest.mark.parametrize("settings", [{"optimiser": "sgd", "loss": "sum", "lr": 1e-6}, {"lr": 2e-3}])
def test_the_loss_falls(tmp_path, settings):
    _, history = train(tmp_path, steps=16, warmup=1, temporal_last=0.0, **settings)
    assert sum(h["loss"] for h in history[-5:]) < sum(h["loss"] for h in history[:5])


def test_a_loss_that_is_no_number_stops_it(tmp_path):
    with pytest.raises(StageError, match=r"the loss is (nan|inf)"):
        train(tmp_path, steps=30, lr=1e6, optimiser="sgd", loss="sum", warmup=1)


def test_cells_that_do_not_count_teach_nothing():
    network, grid = build_network(LIMBS, TmlOptions(), 0), Grid(8, 8, 4)
    keypoints = torch.rand(1, 2, 15, 2) * 32
    counts = torch.ones(1, 8, 8, dtype=torch.bool)
    counts[:, :, 4:] = False
    maps = network.look(torch.rand(1, 3, 32, 32))
    for part in (*maps.heat, *maps.affinity):
        part.retain_grad()
    spatial_loss(maps, keypoints, counts, LIMBS, grid, Drawing(5.0, 4.0, 1.0), TmlTrainSettings()).backward()
    assert maps.heat[-1].grad[..., 4:].abs().sum() == 0
    assert maps.heat[-1].grad[..., :4].abs().sum() > 0


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    out = tmp_path_factory.mktemp("trained")
    settings = TrackSettings(network=TmlOptions(heads=("limbs", "accumulated")), train=TmlTrainSettings(steps=2, **SHORT))
    train_tml([film()], settings, Bench(1, out))
    return out / FILE


def test_a_trained_tracker_comes_back_with_its_card(trained):
    card = read_tracker_card(trained)
    assert card.keypoints == SKELETON.keypoints
    assert card.strides == (1, 2)
    assert card.reach_px == 24
    loaded = load_tracker(trained, SKELETON)
    assert loaded.still == 1.0
    assert not loaded.network.training


STARTS = {
    "scratch": ({"start": "scratch"}, {}, "nothing (scratch)"),
    "shipped": ({"start": "shipped"}, {"system": "tml_tiny", "temporal_stages": 3, "dilation": (1, 3)},
                "the tracker that ships (random: temporal stage 3)"),
    "trunk": ({}, {"system": "tml_tiny"}, "shipped weights of simple_tiny (random: spatial part, temporal part)"),
    "none": ({"weights": "scratch"}, {"system": "tml_tiny", "temporal_stages": 1}, "nothing (scratch)"),
}  # fmt: skip


@pytest.mark.parametrize("case", STARTS)
def test_the_card_says_what_the_network_started_from_and_its_stages(case, tmp_path):
    train, network, says = STARTS[case]
    own = TrackSettings(network=TmlOptions(**network), train=TmlTrainSettings(steps=1, **SHORT | train))
    train_tml([film()], own, Bench(1, tmp_path))
    stages = own.network.flow_stages
    told = read_tracker_card(tmp_path / FILE).words
    assert told == (
        f"{own.network.system}, {stages} temporal stage{'s' * (stages > 1)}, learnt from rendered sequences, started from {says}"
    )


def test_a_file_that_a_network_starts_from_is_named_by_its_content(trained, tmp_path):
    cards = []
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        shutil.copy(trained, file := tmp_path / folder / "start.safetensors")
        own = TrackSettings(network=TmlOptions(), train=TmlTrainSettings(steps=1, **SHORT | {"start": str(file)}))
        train_tml([film()], own, Bench(1, tmp_path / folder))
        cards.append(read_tracker_card(tmp_path / folder / FILE))
    assert cards[0] == cards[1]
    assert cards[0].words.endswith(f"started from the file with sha256 {hashlib.sha256(trained.read_bytes()).hexdigest()[:16]}")


def test_a_start_takes_the_heads_that_both_have(trained):
    network = build_network(LIMBS, TmlOptions(heads=("joints", "limbs")), 5)
    before = network.state_dict()["temporal.1.8.weight"].clone()
    assert start_from(network, LIMBS, trained) == ("flow of joints",)
    given, own = load_tracker(trained).network.state_dict(), network.state_dict()
    assert torch.equal(own["temporal.1.8.weight"][30:], given["temporal.1.8.weight"][:28])
    assert torch.equal(own["temporal.1.8.weight"][:30], before[:30])
    inputs = own["temporal.1.0.weight"].shape[1] - 58
    assert torch.equal(own["temporal.1.0.weight"][:, inputs + 30 :], given["temporal.1.0.weight"][:, inputs : inputs + 28])
    assert torch.equal(own["backbone.0.weight"], given["backbone.0.weight"])


def test_further_temporal_stages_stay_random(trained):
    network = build_network(LIMBS, TmlOptions(heads=("limbs", "accumulated"), temporal_stages=3), 5)
    before = network.state_dict()["temporal.2.0.weight"].clone()
    assert start_from(network, LIMBS, trained) == ("temporal stage 3",)
    given, own = load_tracker(trained).network.state_dict(), network.state_dict()
    assert torch.equal(own["temporal.1.0.weight"], given["temporal.1.0.weight"])
    assert torch.equal(own["temporal.2.0.weight"], before)


def test_files_that_are_no_tracker_of_these_people_are_refused(trained, tmp_path):
    from smpl_assets.skeletons import SKELETONS

    with pytest.raises(InputError, match="finds the joints of posetrack15, not of coco17"):
        load_tracker(trained, SKELETONS["coco17"])
    other = build_network(LIMBS, TmlOptions(system="tml_vgg19", stages=1), 0)
    with pytest.raises(InputError, match="the network is tml_vgg19 at stride 8"):
        start_from(other, LIMBS, trained)
    (tmp_path / "p.safetensors").write_bytes(b"\x80\x04pickle")
    with pytest.raises(InputError, match="not a trained tracker"):
        read_tracker_card(tmp_path / "p.safetensors")
    with pytest.raises(InputError, match="no such file"):
        read_tracker_card(tmp_path / "none.safetensors")


def test_weights_ship_at_half_precision_and_are_started_from(trained, tmp_path, monkeypatch):
    for module in (make_tracker, start):
        monkeypatch.setattr(module, "WEIGHTS", tmp_path / "weights")
    settings = TrackSettings(network=TmlOptions(heads=("limbs",)), train=TmlTrainSettings(start="shipped"))
    with pytest.raises(InputError, match="no weights are shipped for tml_narrow"):
        start.start_file(settings)
    file = make_tracker.ship(trained.parent)
    assert file.stat().st_size < 2e6
    assert start.start_file(settings) == file
    network = build_network(LIMBS, settings.network, 3)
    assert start_from(network, LIMBS, file) == ()
    given = load_tracker(trained).network.state_dict()["backbone.0.weight"]
    torch.testing.assert_close(network.state_dict()["backbone.0.weight"], given, atol=1e-3, rtol=1e-3)
