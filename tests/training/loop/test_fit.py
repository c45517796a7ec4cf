import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from smpl_assets.errors import InputError, StageError
from smpl_assets.work import Bench
from tests.training.conftest import PEOPLE, RARE
from training.feeds import crops
from training.feeds.jitter import draw_jitter
from training.loop.average import MovingAverage
from training.loop.module import PoseModule
from training.loop.plan import learning_rate_factor, plan_training
from training.recipes import Row, recipe_of
from training.train_stage import train_network


def run(world, out, settings, variant="baseline", seed=0, **options):
    out.mkdir()
    augmented = replace(world, image_root=options.pop("images", world.image_root))
    scratch = options.pop("resume", None)
    train_network(Row("", variant), recipe_of(variant), augmented, settings, Bench(seed, out, scratch=scratch, **options))
    return json.loads((out / "history.json").read_text()), json.loads((out / "summary.json").read_text())


def test_training_learns_and_says_what_it_did(world, quick, tmp_path):
    seen = []

    def progress(done: int, total: int, **figures: float) -> None:
        seen.append((done, total, figures["loss"]))

    history, summary = run(world, tmp_path / "a", quick(epochs=6), "drp+asrpt+wlcd", progress=progress)
    assert [row["epoch"] for row in history] == list(range(6))
    assert history[-1]["loss"] < 0.8 * history[0]["loss"]
    assert [s[:2] for s in seen] == [(i, 18) for i in range(1, 19)]
    assert summary["samples"] == {"real": PEOPLE, "render": 0, "translated": RARE, "fill": 0, "again": RARE}
    assert (summary["steps"], summary["epochs"], summary["passes"]) == (18, 6, 4.0)
    assert summary["skipped"]["counts"] == {}


def test_the_same_seed_gives_the_same_bytes_with_any_number_of_workers(world, quick, tmp_path):
    torch.manual_seed(1)
    run(world, tmp_path / "a", quick())
    assert not torch.are_deterministic_algorithms_enabled()  # the process is left as it was
    torch.manual_seed(2)
    run(world, tmp_path / "b", quick(workers=1))
    run(world, tmp_path / "c", quick(), seed=1)
    a, b, c = ((tmp_path / n / "network.safetensors").read_bytes() for n in "abc")
    assert a == b
    assert a != c
    assert (tmp_path / "a" / "history.json").read_bytes() == (tmp_path / "b" / "history.json").read_bytes()


def test_regions_of_crops_are_the_same_with_any_number_of_workers_and_matter(world, quick, tmp_path):
    for name, options in {"a": BOXES, "b": BOXES | {"workers": 2}, "random": BOXES | {"options": {"stride": 8}}}.items():
        run(world, tmp_path / name, quick(epochs=1, **options))
    bytes_of = {name: (tmp_path / name / "network.safetensors").read_bytes() for name in ("a", "b", "random")}
    assert bytes_of["a"] == bytes_of["b"] != bytes_of["random"]


def test_nothing_lies_in_the_systems_temporary_folder(world, quick, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    run(world, tmp_path / "a", quick(epochs=1))
    assert not list((tmp_path / "a").glob(".*"))


class Interrupted(Exception):
    pass


STAGED = {"ema": 0.9, "real_last": 0.5, "synthetic_share": 0.4, "rare_share": 0.3}


CASCADE = {"network": "deep_pose_tiny", "options": {"stages": 2, "side": 32}}  # phases, drawn errors, dropout


WINDOWS = {"network": "coarse_to_fine_tiny", "options": {"window": 12}}  # three phases, drawn errors


BOXES = {"network": "global_local_tiny", "options": {"stride": 8, "proposals": "edge_boxes"}}  # regions of each crop


@pytest.mark.parametrize("options", [{}, STAGED, CASCADE, WINDOWS, BOXES])
def test_an_interrupted_training_goes_on_from_its_last_epoch(world, quick, tmp_path, options):
    settings = quick(epochs=4, **options)
    history, _ = run(world, tmp_path / "whole", settings, "asrp")
    steps = []

    def stop(done: int, total: int, **figures: float) -> None:
        steps.append(done)
        if done == 8:
            raise Interrupted

    with pytest.raises(Interrupted):
        run(world, tmp_path / "half", settings, "asrp", progress=stop, resume=tmp_path / "checkpoints")
    assert len(list((tmp_path / "checkpoints").glob("*.ckpt"))) == 1
    again = []

    def note(done: int, total: int, **figures: float) -> None:
        again.append(done)

    resumed, _ = run(world, tmp_path / "rest", settings, "asrp", resume=tmp_path / "checkpoints", progress=note)
    assert again == list(range(7, 13))  # two epochs of three steps were kept
    assert resumed == history
    assert (tmp_path / "rest" / "network.safetensors").read_bytes() == (tmp_path / "whole" / "network.safetensors").read_bytes()


def test_a_training_that_was_finished_is_not_made_again(world, quick, tmp_path):
    """Killed between the end of the training and the commit of its unit, it goes on from its end."""
    steps = []
    run(world, tmp_path / "a", quick(), resume=tmp_path / "checkpoints")
    run(world, tmp_path / "b", quick(), resume=tmp_path / "checkpoints", progress=lambda done, *_, **__: steps.append(done))
    assert steps == []
    for name in ("network.safetensors", "history.json", "summary.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_more_loader_processes_go_on_with_the_same_training(world, quick, tmp_path):
    steps = []
    run(world, tmp_path / "a", quick(), resume=tmp_path / "checkpoints")
    run(
        world,
        tmp_path / "b",
        quick(workers=1),
        resume=tmp_path / "checkpoints",
        progress=lambda done, *_, **__: steps.append(done),
    )
    assert steps == []


def test_the_saved_network_is_the_average(world, quick, tmp_path, monkeypatch):
    seen = []
    follow = MovingAverage.update_parameters

    def spy(self, model):
        seen.append(model.head.weight.detach().clone())
        follow(self, model)

    monkeypatch.setattr(MovingAverage, "update_parameters", spy)
    run(world, tmp_path / "a", quick(ema=0.2))
    assert len(seen) == 6
    expected = seen[0]
    for step, weight in enumerate(seen[1:], 1):
        decay = min(0.2, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * weight
    saved = load_file(tmp_path / "a" / "network.safetensors")
    assert (saved["head.weight"] - expected).abs().max() < 1e-6
    assert (saved["head.weight"] - seen[-1]).abs().max() > 1e-5
    assert not [name for name in saved if "average" in name]


def test_a_training_that_stopped_behind_its_last_epoch_ends_as_its_average(world, quick, tmp_path, monkeypatch):
    def stop(self):
        raise Interrupted

    run(world, tmp_path / "whole", quick(ema=0.2))
    with monkeypatch.context() as patch:
        patch.setattr(PoseModule, "on_fit_end", stop)
        with pytest.raises(Interrupted):
            run(world, tmp_path / "half", quick(ema=0.2), resume=tmp_path / "checkpoints")
    run(world, tmp_path / "rest", quick(ema=0.2), resume=tmp_path / "checkpoints")
    assert (tmp_path / "rest" / "network.safetensors").read_bytes() == (tmp_path / "whole" / "network.safetensors").read_bytes()


def test_recipes_may_turn_people_and_train_longer(world, quick, tmp_path, monkeypatch):
    turned = []
    monkeypatch.setattr(crops, "draw_jitter", lambda rng, *args: turned.append(args[1]) or draw_jitter(rng, *args))
    _, summary = run(world, tmp_path / "a", quick(rotation_rare_deg=10.0), "turn+longer+asrp")
    assert (summary["steps"], summary["epochs"]) == (12, 4)
    assert summary["title"] == "ASRP, any rotation, twice the steps"
    assert set(turned) == {180.0}


def test_a_damaged_checkpoint_is_as_good_as_none(world, quick, tmp_path):
    def stop(done: int, total: int, **figures: float) -> None:
        if done == 4:
            raise Interrupted

    with pytest.raises(Interrupted):
        run(world, tmp_path / "half", quick(), progress=stop, resume=tmp_path / "checkpoints")
    (checkpoint,) = (tmp_path / "checkpoints").glob("*.ckpt")
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    history, _ = run(world, tmp_path / "rest", quick(), resume=tmp_path / "checkpoints")
    assert [row["epoch"] for row in history] == [0, 1]


def test_a_checkpoint_of_other_settings_is_not_taken(world, quick, tmp_path):
    def stop(done: int, total: int, **figures: float) -> None:
        if done == 4:
            raise Interrupted

    with pytest.raises(Interrupted):
        run(world, tmp_path / "half", quick(), progress=stop, resume=tmp_path / "checkpoints")
    again = []
    run(
        world,
        tmp_path / "other",
        quick(lr=1e-3),
        resume=tmp_path / "checkpoints",
        progress=lambda done, *_, **__: again.append(done),
    )
    assert again[0] == 1


def test_bad_images_are_skipped_and_counted(world, quick, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    for path in world.image_root.iterdir():
        (images / path.name).write_bytes(path.read_bytes())
    (images / "000.png").unlink()
    (images / "001.png").write_bytes(b"\x89PNG broken")
    _, summary = run(world, tmp_path / "a", quick(), images=images)
    assert summary["skipped"]["counts"] == {"no such image": 1, "not a readable image": 1}
    assert summary["skipped"]["read"] == PEOPLE - 2
    assert {e["file"] for e in summary["skipped"]["entries"]} == {"images/000.png", "images/001.png"}


def test_no_image_at_all_is_an_error(world, quick, tmp_path):
    with pytest.raises(StageError, match="24 x no such image"):
        run(world, tmp_path / "a", quick(), images=tmp_path / "nothing")


def test_settings_that_cannot_work_are_refused(world, quick, tmp_path):
    cases = [
        (quick(batch_size=9, devices=2), "cannot be shared"),
        (quick(precision="16-mixed"), "needs a GPU"),
        (quick(input_size=(72, 64)), "multiples of 32"),
        (quick(weights=tmp_path / "none.pth"), "no such file"),
    ]
    for number, (settings, says) in enumerate(cases):
        with pytest.raises(InputError, match=says):
            run(world, tmp_path / str(number), settings)


def test_half_precision_trains_too(world, quick, tmp_path):
    history, _ = run(world, tmp_path / "a", quick(precision="bf16-mixed", epochs=3))
    assert history[-1]["loss"] < history[0]["loss"]


@pytest.mark.slow
def test_two_devices_train_one_network(world, quick, tmp_path):
    history, summary = run(world, tmp_path / "a", quick(devices=2, ema=0.9, synthetic_share=0.5), "asrp")
    assert [row["joints"] for row in history] == [PEOPLE * 17] * 2  # both halves of each batch are counted
    assert summary["skipped"]["counts"] == {}


@pytest.mark.slow
def test_two_devices_train_a_network_of_which_only_a_part_learns_at_a_time(world, quick, tmp_path):
    history, _ = run(world, tmp_path / "a", quick(devices=2, epochs=4, **WINDOWS))
    assert len(history) == 4
    assert all(row["loss"] > 0 for row in history)


def test_every_variant_takes_the_same_number_of_steps_unless_told_otherwise(quick):
    assert (
        plan_training(quick(epochs=5), samples=40, real=24).total
        == plan_training(quick(epochs=5), samples=24, real=24).total
        == 15
    )
    assert plan_training(quick(epochs=5, budget="epochs"), samples=40, real=24).total == 25


def test_schedules(quick):
    steps = quick(schedule="step", milestones=(0.5, 0.9))
    assert [learning_rate_factor(s, 100, steps) for s in (0, 49, 50, 90)] == pytest.approx([1, 1, 0.1, 0.01])
    assert learning_rate_factor(95, 100, quick(schedule="step", milestones=(0.5, 0.9), gamma=0.5)) == pytest.approx(0.25)
    cosine = quick(schedule="cosine", warmup=0.1)
    assert [learning_rate_factor(s, 100, cosine) for s in (0, 5, 10, 55, 100)] == pytest.approx([0.1, 0.55, 1, 0.5, 0])
    flat = quick(schedule="flat-cosine", flat=0.6)
    assert [learning_rate_factor(s, 100, flat) for s in (0, 59, 60, 80, 100)] == pytest.approx([1, 1, 1, 0.5, 0])
    assert learning_rate_factor(99, 100, quick(schedule="constant")) == 1


@pytest.mark.parametrize("optimiser", ["rmsprop", "sgd"])
def test_other_optimisers_learn(world, quick, tmp_path, optimiser):
    history, _ = run(world, tmp_path / "a", quick(optimiser=optimiser, lr={"rmsprop": 1e-3, "sgd": 0.5}[optimiser], epochs=4))
    assert history[-1]["loss"] < 0.9 * history[0]["loss"]


def test_a_diverging_training_is_an_error(world, quick, tmp_path):
    with pytest.raises(StageError, match="the loss became nan") as caught:
        run(world, tmp_path / "a", quick(lr=1e30, schedule="constant"))
    assert "train.lr" in caught.value.next_step
