"""What a skeleton does not allow is said before any stage is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import load_config
from pipeline.files import FileDigests
from pipeline.plan import Plan
from pipeline.skeleton_check import check_skeleton
from pipeline.stages import STAGES
from pipeline.store import Store
from smpl_assets.errors import InputError

SPLIT = 'annotations = "joints.mat"\nimages = "images"\n'


@pytest.mark.parametrize(("data_format", "joints"), [("lsp", 14), ("mpii", 16)])
def test_formats_that_always_have_the_same_joints_are_known_before_they_are_read(
    tmp_path: Path, data_format: str, joints: int
) -> None:
    (tmp_path / "joints.mat").touch()
    (tmp_path / "images").mkdir()
    splits = "".join(f'[data.{split}]\nformat = "{data_format}"\n{SPLIT}' for split in ("train", "validation"))
    train = f'[train]\nnetwork = "cpn_tiny"\noptions = {{hardest = {joints + 1}}}\n'
    (tmp_path / "few.toml").write_text(f'[data]\nroot = "{tmp_path}"\n{splits}{train}')
    config = load_config(tmp_path / "few.toml", [])
    plan = Plan(config, Store(tmp_path / "store"), STAGES, FileDigests(tmp_path / "store"))
    with pytest.raises(InputError, match=rf"train\.options\.hardest = {joints + 1}: \w+ has {joints} keypoints"):
        check_skeleton(plan, ["train"])
