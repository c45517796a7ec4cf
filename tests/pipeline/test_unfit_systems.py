"""What a pose system cannot take is one clear error of `run`, before any stage is made."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
import torch
import torchvision
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.sources import CODE_ROOT
from smpl_assets.errors import InputError
from tests.pipeline.tiny import TINY, make_set


class Evil:
    def __reduce__(self) -> object:
        return os.mkdir, ("ran-something",)


def test_people_that_are_still_to_be_made_have_a_known_skeleton(tmp_path: Path) -> None:
    words = [
        "run",
        "--config",
        str(CODE_ROOT / "configs/demo.toml"),
        "--store",
        str(tmp_path),
        "--set",
        "train.network=cpn_tiny",
        "--set",
        "train.options.hardest=18",
    ]
    with pytest.raises(InputError, match=r"train\.options\.hardest = 18: coco17 has 17 keypoints"):
        CliRunner().invoke(app, words, catch_exceptions=False)
    assert not list(tmp_path.glob("*/*/manifest.json"))


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """People with COCO's 17 joints, and two files that are no backbone of ResNet-50."""
    make_set(tmp_path / "data")
    (tmp_path / "tiny.toml").write_text(TINY)
    torch.save(torchvision.models.resnet18(weights=None).state_dict(), tmp_path / "r18.pth")
    (tmp_path / "evil.pth").write_bytes(pickle.dumps({"conv1.weight": Evil()}))
    monkeypatch.chdir(tmp_path)
    return ["--config", "tiny.toml", "--store", "store", "--set", "data.root=data"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"network": "cpn_resnet50", "weights": "r18.pth"}, r"train\.weights = r18\.pth: not the weights of this backbone"),
        ({"network": "cpn_resnet50", "weights": "evil.pth"}, r"train\.weights = evil\.pth: not a file of plain tensors"),
        ({"network": "hourglass_tiny", "input_size": "[96, 64]"}, r"train\.input_size = \[96, 64\]: .* multiples of 64"),
        ({"network": "regressor_alexnet"}, r"train\.input_size = \[64, 64\]: .* from 128 px on"),
        ({"network": "cpn_tiny", "options.hardest": "18"}, r"train\.options\.hardest = 18: coco17 has 17 keypoints"),
        ({"network": "cpn_tiny", "options.hardest": "0"}, r"train: options\.hardest: .* or equal to 1 \(value 0\)"),
        (
            {"network": "ogn_tiny", "options.radius": "0.5"},
            r"train: options\.radius: .* or equal to 0\.71 \(value 0\.5\)",
        ),
        (
            {"network": "integral_tiny", "options.heatmap": "-1"},
            r"train: options\.heatmap: .* or equal to 0 \(value -1\)",
        ),
        (
            {"network": "global_local_tiny", "options.bins": "1"},
            r"train: options\.bins: .* or equal to 2 \(value 1\)",
        ),
        ({"network": "hrnet_tiny", "sigma": "0"}, r"train\.sigma: .*greater than 0"),
        ({"network": "hrnet_tiny", "sigma": "inf"}, r"train\.sigma: .*finite number"),
        ({"network": "hrnet_tiny", "codec": "heatmaps"}, r"train\.codec: not known; use one of .* \(value 'heatmaps'\)"),
    ],
)
def test_it_is_said_before_anything_is_made(tiny: list[str], tmp_path: Path, changes: dict[str, str], said: str) -> None:
    words = [word for key, value in changes.items() for word in ("--set", f"train.{key}={value}")]
    with pytest.raises(InputError, match=said) as caught:
        CliRunner().invoke(app, ["run", "-j", "1", *tiny, *words], catch_exceptions=False)
    assert "\n" not in caught.value.what.removeprefix("tiny.toml:\n")
    assert caught.value.next_step
    assert not list(tmp_path.glob("store/*/*/manifest.json"))
    assert not (tmp_path / "ran-something").exists()
