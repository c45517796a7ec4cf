"""Ways of translating as a table: our own, and one that another package declares."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from smpl_assets.archive import ArchiveReader
from smpl_assets.labels import SampleLabels
from smpl_assets.work import Bench
from style_transfer.method import Method
from style_transfer.pixels import decode_rgba, read_render
from style_transfer.settings import TranslatorSettings
from style_transfer.stage import train_translator
from style_transfer.table import TRANSLATORS
from style_transfer.translate_stage import translate_shard
from tests.packages import install

from .world import tiny

BRIGHTER = """
import torch
from style_transfer.method import Method


class Brighter:
    def __init__(self, by):
        self.by = by

    def __call__(self, people):
        return [0 * p[..., :3] + float(self.by) for p in people]

    def tensors(self):
        return {"by": self.by}


METHOD = Method(
    recolours=lambda settings: False,
    fit=lambda rendered, photographed, settings, bench: (Brighter(torch.tensor(9.0)), [{"iteration": 1, "generator": 0.5}]),
    load=lambda tensors, settings, device: Brighter(tensors["by"]),
)
"""


@pytest.fixture
def brighter(tmp_path, monkeypatch):
    """A package with an entry point of its own, found as an installed one is."""
    site = tmp_path / "site"
    install(site, "brighter", {"rarepose.translators": {"brighter": "brighter:METHOD"}}, {"brighter.py": BRIGHTER})
    monkeypatch.syspath_prepend(str(site))
    TRANSLATORS.__dict__.pop("others", None)
    yield
    TRANSLATORS.__dict__.pop("others", None)
    sys.modules.pop("brighter", None)


@pytest.mark.parametrize("name", TRANSLATORS.own)
def test_every_entry_is_a_method(name: str) -> None:
    assert isinstance(TRANSLATORS.load(name), Method)


def test_a_method_of_another_package_learns_and_is_applied(brighter: None, world: tuple, tmp_path: Path) -> None:
    folders = [tmp_path / n for n in ("learnt", "shard")]
    for folder in folders:
        folder.mkdir()
    settings = tiny(method="brighter", detail="keep")
    train_translator(*world, settings, Bench(0, folders[0]))
    assert load_file(folders[0] / "translator.safetensors")["by"] == 9
    assert json.loads((folders[0] / "losses.json").read_text())[0]["generator"] == 0.5
    translate_shard(world[0][0], folders[0], settings, Bench(0, folders[1]))
    rendered, moved = (ArchiveReader(f / "images.tar") for f in (world[0][0], folders[1]))
    for label in SampleLabels.load(folders[1] / "labels.npz").samples:
        render = read_render(rendered, label)
        assert render is not None
        person = decode_rgba(moved.read(f"{label.name}_person.png"), "")
        expected = np.minimum(render.person[..., :3].astype(int) + 9, 255)
        assert np.array_equal(person[..., :3], expected)


def test_unknown_methods_name_the_known_ones() -> None:
    with pytest.raises(ValueError, match="use one of ugatit, statistics"):
        TranslatorSettings(method="cyclegan")
