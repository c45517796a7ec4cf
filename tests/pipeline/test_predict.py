from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.cli_tools import FORMATS
from pipeline.sources import CODE_ROOT
from smpl_assets.errors import InputError, StageError

DEMO = ["--config", str(CODE_ROOT / "configs/demo.toml")]


def call(*words: str) -> str:
    done = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 80, 3)).astype(np.uint8)).save(path)
    return str(path)


def test_a_shipped_network_looks_at_a_photograph(photo: str, tmp_path: Path) -> None:
    said = call("predict", photo, "--network", "simple_tiny", "--out", str(tmp_path / "out"), "--device", "cpu", "--json")
    summary = json.loads(said.splitlines()[-1])
    assert (summary["pictures"], summary["people"], summary["skipped"]) == (1, 1, {})
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"results.json", "images.json", "skipped.json", "overlays"}


def test_a_folder_that_holds_something_is_left_alone(photo: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not empty"):
        call("predict", photo, "--network", "simple_tiny", "--out", str(tmp_path))


def test_a_network_is_a_file_or_a_row_of_a_finished_run(photo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    line = ["predict", photo, "--out", "out", "--store", "store", "--network"]
    with pytest.raises(InputError, match=r"none\.safetensors: no such file"):
        call(*line, "none.safetensors")
    with pytest.raises(InputError, match="drp: no file, and no configuration"):
        call(*line, "drp")
    with pytest.raises(InputError, match="rows: baseline"):
        call(*line, "nonsense", *DEMO)
    with pytest.raises(StageError, match="train/drp"):
        call(*line, "drp", *DEMO)


def test_people_come_from_one_place(photo: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="leave one out"):
        call(
            "predict", photo, "--network", "simple_tiny", "--boxes", "a.json", "--detector", "b.pth", "--out", str(tmp_path / "o")
        )


@pytest.mark.parametrize("what", list(FORMATS))
def test_an_export_names_its_formats(what: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"one of {', '.join(FORMATS[what])}"):
        call("export", what, "--format", "nonsense", "--out", str(tmp_path / "out"), *DEMO)


def test_onnx_asks_for_a_network(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no network is named"):
        call("export", "onnx", "--out", str(tmp_path / "out"))
