"""docs/systems.md names every system with its size."""

import re
from pathlib import Path

import pytest

from smpl_assets.errors import InputError
from smpl_assets.plugins import Plugin
from smpl_assets.skeletons import get_skeleton
from training.systems import listing
from training.systems.published import PUBLISHED
from training.systems.table import SYSTEMS
from training.train_settings import NetworkSettings

PAGE = Path(__file__).resolve().parents[3] / "docs" / "systems.md"


def test_the_page_tells_the_parameters_of_every_system():
    page = PAGE.read_text()
    found = {row.name: row for row in listing.listed_systems(get_skeleton("coco17"))}
    for name in SYSTEMS.own:
        assert found[name].parameters is not None
        assert f"{found[name].parameters:,}" in page, name


def test_the_page_and_the_list_tell_the_same_published_figures():
    page = PAGE.read_text()
    assert PUBLISHED.keys() < SYSTEMS.own.keys()
    for name, figure in PUBLISHED.items():
        (number,) = re.findall(r"\d+\.\d+(?= (?:AP|PCKh?|PCP|%))", figure)
        assert number in page, name


def test_what_cannot_be_imported_or_built_is_listed_with_the_reason(monkeypatch):
    monkeypatch.setitem(SYSTEMS.own, "lost", Plugin("no_such_module", "X", "pip install it"))
    monkeypatch.setattr(listing, "build_model", _refuses)
    rows = {row.name: row for row in listing.listed_systems(get_skeleton("coco17"))}
    assert rows["lost"].parameters is None
    assert rows["lost"].problem.endswith("pip install it")
    assert (rows["simple_tiny"].parameters, rows["simple_tiny"].problem) == (None, "too few")


def _refuses(*_: object) -> None:
    raise InputError("too few", "")


@pytest.mark.parametrize("name", list(SYSTEMS.own))
def test_every_preset_is_a_valid_setting(name):
    if SYSTEMS[name].preset:
        settings = NetworkSettings(network=name, preset="published")
        assert settings.model_fields_set >= SYSTEMS[name].preset.keys()
        assert not any(side % SYSTEMS.load(name).multiple for side in settings.input_size)


@pytest.mark.parametrize(("name", "cells"), [("cpm_paper", 46 * 46 * 15 / 2), ("global_local_resnet101", 14 * 14)])
def test_a_converted_rate_converts_the_weight_decay_too(name, cells):
    """A step takes lr x (gradient + decay x weights): what was printed for a sum over `cells` has to be left by our mean."""
    preset = SYSTEMS[name].preset
    printed = {"cpm_paper": 8e-5, "global_local_resnet101": 1e-4}[name]
    assert preset["lr"] == pytest.approx(printed * cells, rel=2e-3)
    assert preset["lr"] * preset["weight_decay"] == pytest.approx(printed * 5e-4, rel=2e-3)
