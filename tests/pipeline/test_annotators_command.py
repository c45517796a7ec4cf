"""`rarepose annotators`: what it says of a file and of a configuration."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.config import load_config
from smpl_assets.body.settings import KeypointShifts
from smpl_assets.errors import InputError
from smpl_assets.skeletons import SKELETONS
from tests.smpl_assets.inverse.test_annotators import annotated_by


def coco_file(path: Path, shifts: KeypointShifts) -> Path:
    """People whose annotators click as `shifts` says, one an image."""
    people = annotated_by(shifts, 4000, "coco17")
    entries = [
        {
            "id": row, "image_id": row, "category_id": 1, "iscrowd": 0, "bbox": people.bbox_xywh[row].tolist(), "area": 9e3,
            "num_keypoints": int(people.annotated[row].sum()),
            "keypoints": np.c_[people.keypoints[row], 2 * people.annotated[row]].reshape(-1).tolist(),
        }
        for row in range(len(people))
    ]  # fmt: skip
    images = [{"id": row, "file_name": f"{row}.jpg", "width": 900, "height": 900} for row in range(len(people))]
    kind = {"id": 1, "name": "person", "keypoints": list(SKELETONS["coco17"].keypoints), "skeleton": []}
    path.write_text(json.dumps({"images": images, "annotations": entries, "categories": [kind]}))
    return path


def test_a_file_whose_hips_lie_elsewhere(tmp_path: Path) -> None:
    """What is printed can be put into a configuration as it is, and is what the set needs."""
    done = CliRunner().invoke(app, ["annotators", str(coco_file(tmp_path / "a.json", KeypointShifts(hip_out=9.0)))])
    assert done.exit_code == 0, done.output
    lines = done.output[done.output.index("[body.keypoints]") :]
    (tmp_path / "own.toml").write_text(lines)
    shifts = load_config(tmp_path / "own.toml", []).body.keypoints
    assert shifts.hip_out == pytest.approx(9.0, abs=1.5)
    assert shifts == KeypointShifts(hip_out=shifts.hip_out)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "neither an annotation file nor a configuration"),
        (["nowhere.json"], "nowhere.json: no such file"),
        (["--set", "data.train.format=demo"], "data.train is made"),
    ],
)
def test_what_cannot_be_measured(words: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        CliRunner().invoke(app, ["annotators", *words], catch_exceptions=False)
