import json
from dataclasses import replace
from math import isfinite
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from smpl_assets.errors import StageError
from smpl_assets.work import Bench
from style_transfer.domains import read_photographed, read_rendered
from style_transfer.fit import Players, Trainer, fit
from style_transfer.matching import Sampler
from style_transfer.settings import LossWeights, TranslatorSettings
from tests.style_transfer.world import COCO, tiny


@pytest.fixture(scope="module")
def domains(world: tuple) -> tuple:
    shards, table, root = world
    return read_rendered(shards, COCO, tiny(), 36, 100, 0), read_photographed(table, root, tiny(), 36, 100, 0)


def train(domains: tuple, settings: TranslatorSettings, saved: Path | None = None, seed: int = 5) -> tuple:
    return fit(Sampler(*domains, settings, seed), settings, Bench(seed, Path(), scratch=saved))


def same(one: torch.nn.Module, two: torch.nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True))


def test_same_seed_same_weights_and_torch_s_generator_is_left_alone(domains: tuple) -> None:
    before = torch.random.get_rng_state()
    one, losses = train(domains, tiny())
    assert torch.equal(before, torch.random.get_rng_state())
    two, _ = train(domains, tiny())
    other, _ = train(domains, tiny(), seed=6)
    assert same(one, two)
    assert not same(one, other)
    assert [row["iteration"] for row in losses] == [1, 2, 3, 4]


@pytest.mark.parametrize("average", [0.0, 0.9])
def test_an_interrupted_run_ends_as_an_uninterrupted_one(domains: tuple, tmp_path: Path, average: float) -> None:
    settings = tiny(average=average, batch=2)
    whole, losses = train(domains, settings)

    class Killed(Exception):
        pass

    def stop(done: int, total: int, **figures: float) -> None:
        if done == 3:
            raise Killed

    with pytest.raises(Killed):
        fit(Sampler(*domains, settings, 5), settings, Bench(5, Path(), "cpu", stop, tmp_path))
    assert [p.suffix for p in tmp_path.iterdir()] == [".ckpt"]
    resumed, resumed_losses = train(domains, settings, tmp_path)
    assert same(whole, resumed)
    assert losses == resumed_losses


def test_progress_shows_a_loss_before_the_chart_has_a_point(domains: tuple, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("style_transfer.fit._LOG_POINTS", 2)
    shown: list[float] = []
    watched = Bench(5, Path(), progress=lambda done, total, **figures: shown.append(figures["loss"]))
    _, losses = fit(Sampler(*domains, tiny(), 5), tiny(), watched)
    assert [row["iteration"] for row in losses] == [2, 4]
    assert shown[1::2] == [row["generator"] for row in losses]
    assert all(isfinite(loss) for loss in shown)
    assert shown[0] != shown[1]


def test_a_checkpoint_of_other_settings_or_another_seed_is_not_taken(domains: tuple, tmp_path: Path) -> None:
    train(domains, tiny(), tmp_path)
    changed = tiny(lr=0.002)
    assert same(train(domains, changed, tmp_path)[0], train(domains, changed)[0])
    assert same(train(domains, tiny(), tmp_path, seed=6)[0], train(domains, tiny(), seed=6)[0])
    assert len(list(tmp_path.glob("*.ckpt"))) == 3


def test_what_the_training_does_not_see_may_change_between_interruption_and_resumption(domains: tuple, tmp_path: Path) -> None:
    train(domains, tiny(), tmp_path)
    train(domains, tiny(kid_samples=4, checkpoint_every=1, strength=0.5), tmp_path)
    assert len(list(tmp_path.glob("*.ckpt"))) == 1


def trainer(settings: TranslatorSettings) -> Trainer:
    return Trainer(Players.build(settings, 0, "cpu"), settings, "cpu")


def test_rate_is_constant_then_falls_linearly(domains: tuple) -> None:
    settings = tiny(iterations=10)
    run, rates = trainer(settings), []
    sampler = Sampler(*domains, settings, 0)
    for i in range(10):
        run.step(sampler(i))
        rates.append(run.generators.param_groups[0]["lr"] / settings.lr)
    assert rates[:6] == pytest.approx([1] * 6)
    assert rates[6:] == pytest.approx([0.8, 0.6, 0.4, 0.2])


def test_discriminators_step_as_often_as_set_and_leave_generators_alone(domains: tuple) -> None:
    settings = tiny(discriminator_steps=3)
    run, calls = trainer(settings), []
    step = run._step_judges

    def counted(batch: object) -> torch.Tensor:
        calls.append(1)
        return step(batch)

    run._step_judges = counted
    run.step(Sampler(*domains, settings, 0)(0))
    assert len(calls) == 3
    assert all(p.grad is not None for p in run.players.to_photo.up.parameters())
    clean = trainer(settings)
    clean._step_judges(Sampler(*domains, settings, 0)(0))
    assert all(p.grad is None for p in clean.players.to_photo.parameters())


def test_every_loss_weight_changes_the_result(domains: tuple) -> None:
    base, _ = train(domains, tiny(weight_decay=0.0))
    for name in LossWeights.model_fields:
        weights = LossWeights(cam=1.0).model_copy(update={name: 0.0})
        changed, _ = train(domains, tiny(weight_decay=0.0, weights=weights))
        assert not same(base, changed), name


@pytest.mark.parametrize(
    "change", [{"betas": (0.9, 0.999)}, {"weight_decay": 0.1}, {"decay_from": 0.0}, {"flip": False}, {"average": 0.5}]
)
def test_every_option_of_the_training_changes_the_result(domains: tuple, change: dict) -> None:
    assert not same(train(domains, tiny())[0], train(domains, tiny(**change))[0])


def test_a_loss_that_is_not_finite_stops_the_run(domains: tuple) -> None:
    bad = replace(domains[0], masks=domains[0].masks)
    settings = tiny(lr=1e30)
    with pytest.raises(StageError, match="the loss is"):
        train((bad, domains[1]), settings)


def test_artifact_of_the_stage(trained: Path) -> None:
    names = {p.name for p in trained.iterdir()}
    assert names == {"translator.safetensors", "losses.json", "card.json", "samples.png", "losses.png"}
    card = json.loads((trained / "card.json").read_text())
    assert card["kid"]["scale"] == 100
    assert "not comparable with Inception" in card["kid"]["features"]
    assert card["people"]["rendered"]["used"] == 10
    assert card["settings"]["image_size"] == 32
    assert any(n.startswith("generator.") for n in load_file(trained / "translator.safetensors"))
