"""The thesis's tables 4.2 and 4.3, (a) Simple Baselines and (b) CPN, are the plan of one configuration each."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.config import Config, load_config
from pipeline.shape import Shape
from pipeline.sources import CODE_ROOT
from pipeline.stages import STAGES
from pipeline.unit import Unit
from training.systems.check import check_networks

ALL = "drp+asrpt+wlcd"
ROWS = ("baseline", "drp", "asrp", "asrpt", "wlcd", ALL, "dacp")
SEEN = {"asrp": "render", "asrpt": "translated", ALL: "translated"}  # beside the real people
NETWORKS = {"simple": "simple_resnet50", "cpn": "cpn_resnet50"}


def units(config: Config, stage: str) -> dict[str, Unit]:
    return {unit.name: unit for unit in Shape(config, STAGES).units(stage)}


def require_rows(config: Config, label: str, network: str) -> None:
    """Every row of a network is trained on what its recipe sees, and evaluated against its baseline."""
    trained, evaluated = units(config, "train"), units(config, "evaluate")
    for recipe in ROWS:
        name = f"{label}/{recipe}".removeprefix("/")
        base, rare = (f"{label}/{other}".removeprefix("/") for other in ("baseline", ALL))
        networks = [base, rare] if recipe == "dacp" else [name]
        assert evaluated[name].params["trained"] == [networks]
        assert ("baseline" in evaluated[name].reads) == (recipe != "baseline")
        assert recipe == "baseline" or evaluated[name].reads["baseline"].unit == base
        for training in networks:
            assert trained[training].params["network"] == network
        if recipe != "dacp":
            kinds = {"real", SEEN[recipe]} if recipe in SEEN else {"real"}
            assert {read.unit for read in trained[name].reads.values() if read.stage == "augment"} == kinds


@pytest.mark.parametrize(
    ("name", "published", "sizes"),
    [
        ("mpii", {1.0, 1.2}, {"simple": (256, 256), "cpn": (256, 192)}),
        ("coco", {1.8}, {"simple": (256, 192), "cpn": (256, 192)}),
    ],
)
def test_both_networks_with_all_recipes(name: str, published: set[float], sizes: dict[str, tuple[int, int]]) -> None:
    config = load_config(CODE_ROOT / f"configs/{name}.toml")
    assert set(config.train.networks) == set(NETWORKS)
    for label, network in NETWORKS.items():
        require_rows(config, label, network)
        assert config.train.of(label).input_size == sizes[label]
    assert published <= set(config.evaluate.taus)  # columns whose figures the specification quotes
    check_networks(config.train)


def test_the_demo_makes_the_table_of_cpn_by_one_changed_setting(tmp_path: Path) -> None:
    demo, change = CODE_ROOT / "configs/demo.toml", "train.network=cpn_tiny"
    config = load_config(demo, [change])
    require_rows(config, "", "cpn_tiny")
    check_networks(config.train)
    words = ["run", "--dry-run", "--config", str(demo), "--set", change, "--store", str(tmp_path)]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert {"augment", "train", "evaluate", "report"} <= {line.split()[0] for line in done.stdout.splitlines()}
