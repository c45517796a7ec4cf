"""A YOLO pose set in the DAG: its data.yaml says where pictures and labels are, and both count."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.config import load_config
from pipeline.shape import Shape
from pipeline.stages import STAGES
from pipeline.tasks.shared import image_files, image_root
from smpl_assets.errors import InputError
from tests.training.datasets.test_yolo import splits

CONFIG = """
[data.train]
format = "yolo"
annotations = "set/data.yaml"
[data.validation]
format = "yolo"
annotations = "set"
"""


@pytest.fixture
def where(tmp_path: Path) -> list[str]:
    (tmp_path / "set").mkdir()
    splits(tmp_path / "set")
    (tmp_path / "yolo.toml").write_text(CONFIG)
    return ["--config", str(tmp_path / "yolo.toml"), "--store", str(tmp_path / "store"), "--set", f"data.root={tmp_path}"]


def states(where: list[str]) -> dict[str, str]:
    done = CliRunner().invoke(app, ["status", "--json", *where], catch_exceptions=False)
    return {s["stage"]: s["state"] for s in json.loads(done.stdout)["stages"]}


def test_labels_and_pictures_are_in_the_key(where: list[str], tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["run", "annotations", "-j", "1", *where], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert states(where)["annotations"] == "fresh"
    label = tmp_path / "set/labels/val/v.txt"
    label.write_text(label.read_text() + "\n")
    assert states(where)["annotations"] == "stale"


def test_where_they_are_is_read_from_data_yaml(where: list[str], tmp_path: Path) -> None:
    config, home = load_config(tmp_path / "yolo.toml", [f"data.root={tmp_path}"]), tmp_path / "set"
    assert image_files(config, "train") == {"images/train": home / "images/train"}
    assert image_root(config, "validation", tmp_path) == home / "images/val"
    unit = next(u for u in Shape(config, STAGES).units("annotations") if u.name == "validation")
    assert unit.externals == {
        "annotations/validation": home / "data.yaml",
        "labels0/validation": home / "labels/val",
        "images/validation": home / "images/val",
    }


def test_doctor_knows_the_set_and_what_is_missing(where: list[str], tmp_path: Path) -> None:
    said = " ".join(CliRunner().invoke(app, ["doctor", *where], catch_exceptions=False).stdout.split())
    assert "skeleton coco17, 17 keypoints" in said
    (tmp_path / "set/images/val").rename(tmp_path / "moved")
    said = " ".join(CliRunner().invoke(app, ["doctor", *where], catch_exceptions=False).stdout.split())
    assert "images/val is not there; looked for" in said
    with pytest.raises(InputError, match="images/val is not there; looked for"):
        CliRunner().invoke(app, ["run", "annotations", "-j", "1", *where], catch_exceptions=False)
