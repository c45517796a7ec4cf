"""What a finished run is good for outside of the DAG: exports, predictions of its networks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pipeline.sandbox import Sandbox


@pytest.mark.slow
def test_the_augmented_set_is_exported_with_all_its_kinds(built: Sandbox, tmp_path: Path) -> None:
    out = tmp_path / "coco"
    said = built("export", "augmented", "--out", str(out))
    train, validation = (json.loads((out / f"{name}.json").read_text()) for name in ("annotations", "validation"))
    assert f"{len(train['images'])} images" in said
    assert all((out / image["file_name"]).is_file() for image in train["images"])
    assert {image["file_name"].partition("/")[0] for image in train["images"]} == {"real", "translated"}
    assert len({image["id"] for image in train["images"]}) == len(train["images"])
    assert {a["image_id"] for a in train["annotations"]} <= {image["id"] for image in train["images"]}
    assert len(validation["annotations"]) == 8


@pytest.mark.slow
def test_a_row_of_the_run_predicts(built: Sandbox, tmp_path: Path) -> None:
    boxes = built.root / "data/validation.json"
    line = ("predict", str(built.root / "data/validation"), "--boxes", str(boxes), "--network", "drp+asrpt+wlcd", "--json")
    summary = json.loads(built(*line, "--out", str(tmp_path / "out"), "--no-overlays", "--device", "cpu").splitlines()[-1])
    assert summary["people"] == 8
    results = json.loads((tmp_path / "out/results.json").read_text())
    images = {image["id"] for image in json.loads(boxes.read_text())["images"]}
    assert {result["image_id"] for result in results} <= images
