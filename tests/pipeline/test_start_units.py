"""Start weights in the plan: made only where they are asked for, once for networks that are the same."""

from __future__ import annotations

from pathlib import Path

from pipeline.config import load_config
from pipeline.shape import Shape
from pipeline.stages import STAGES
from pipeline.unit import Unit
from training.start.stage import _training

NETWORKS = {
    "tiny": '{network = "simple_tiny", start = "render"}',
    "turned": '{network = "simple_tiny", start = "render", rotation_deg = 180, blur = 0.5}',
    "small": '{network = "simple_small", start = "render"}',
    "plain": '{network = "simple_tiny", start = "scratch"}',
}


def units(stage: str, *labels: str, changes: tuple[str, ...] = ()) -> dict[str, Unit]:
    networks = [f"train.networks.{label}={NETWORKS[label]}" for label in labels]
    config = load_config(None, [*networks, "train.variants=['baseline']", *changes])
    return {unit.name: unit for unit in Shape(config, STAGES).units(stage)}


def planned(*labels: str) -> set[str]:
    networks = [f"train.networks.{label}={NETWORKS[label]}" for label in labels]
    config = load_config(None, [*networks, "train.variants=['baseline']"])
    return {stage.name for stage in Shape(config, STAGES).upstream(["train"])}


def test_they_are_planned_only_where_a_network_starts_from_renders() -> None:
    assert {"start_set", "start"} <= planned("tiny", "plain")
    assert not {"start_set", "start"} & planned("plain")


def test_networks_that_are_the_same_share_them() -> None:
    tiny, small = units("start", "tiny", "turned", "small", "plain")
    assert (tiny[: tiny.rindex("-")], small[: small.rindex("-")]) == ("simple_tiny", "simple_small")
    rows = units("train", "tiny", "turned", "small", "plain")
    reads = {name: unit.reads["start"].unit for name, unit in rows.items() if "start" in unit.reads}
    assert reads == {"tiny/baseline": tiny, "turned/baseline": tiny, "small/baseline": small}


def test_a_further_network_or_another_training_makes_nothing_stale() -> None:
    [(name, alone)] = units("start", "tiny").items()
    assert units("start", "tiny", "turned", "small")[name] == alone
    assert units("start", "tiny", changes=("train.epochs=7", "train.cutout=0.5"))[name] == alone
    assert units("start", "tiny", changes=("start.epochs=7",))[name] != alone


def test_labels_and_their_order_make_nothing_stale() -> None:
    """The fault: units had the name of the first label, and a row put before it made an hour's training stale."""
    made = units("start", "tiny", "small")
    assert units("start", "small", "turned", "tiny") == made
    assert units("start", "turned", "small") == made
    unlabelled = load_config(None, ["train.network=simple_tiny", "train.start=render"])
    assert {unit.name: unit for unit in Shape(unlabelled, STAGES).units("start")} == units("start", "tiny")


def test_networks_that_begin_with_different_files_have_their_own(tmp_path: Path) -> None:
    files = [tmp_path / name / "mobilenet.pth" for name in ("one", "other")]
    for file in files:
        file.parent.mkdir()
        file.touch()
    own = [
        f'train.networks.{f.parent.name}={{network = "simple_mobilenet_v2", start = "render", weights = "{f}"}}' for f in files
    ]
    config = load_config(None, [*own, "train.variants=['baseline']"])
    started = {unit.name: unit.externals["weights"] for unit in Shape(config, STAGES).units("start")}
    assert list(started.values()) == files
    assert [name.removeprefix(min(started)) for name in started] == ["", "-2"]
    reads = [unit.reads["start"].unit for unit in Shape(config, STAGES).units("train")]
    assert reads == list(started)


def test_the_set_keeps_its_shards_when_it_grows() -> None:
    few, many = (units("start_set", "tiny", changes=(f"start.images={n}",)) for n in (2000, 3000))
    assert list(many) == ["0", "1", "2"]
    assert {name: many[name] for name in few} == few
    assert units("start_set", "tiny", changes=("start.images=2000", "start.epochs=3", "render.per_pose=9")) == few


def test_a_network_with_an_imagenet_file_learns_at_a_lower_rate(tmp_path: Path) -> None:
    file = tmp_path / "mobilenet.pth"
    file.touch()
    own = f'{{network = "simple_mobilenet_v2", start = "render", weights = "{file}"}}'

    def rates(*changes: str) -> list[float]:
        config = load_config(None, [f"train.networks.own={own}", f"train.networks.tiny={NETWORKS['tiny']}", *changes])
        return [unit.params["start"]["lr"] for unit in Shape(config, STAGES).units("start")]

    assert rates() == [5e-4, 2e-3]
    assert rates("start.lr=0.001") == [1e-3, 1e-3]
    config = load_config(None, [f"train.networks.own={own}"])
    assert _training(config.start.of(file), config.train.of("own")).lr == 5e-4
    assert _training(config.start.of(None), config.train.of("own")).lr == 2e-3
