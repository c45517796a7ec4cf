"""The staleness contract for rendered sequences: what makes which shard again."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.pipeline.sandbox import Sandbox

SMALL = {
    "track.enabled": "true", "track.data.train": "2", "track.data.validation": "1", "track.data.shard_size": "1",
    "track.data.frames": "2", "track.data.width": "64", "track.data.height": "64", "track.data.people": "[1,1]",
    "track.data.rare_share": "0", "render.backgrounds": "builtin",
}  # fmt: skip


def options(**changes: str) -> list[str]:
    return [w for n, v in {**SMALL, **changes}.items() for w in ("--set", f"{n}={v}")]


@pytest.mark.slow
def test_every_row_of_the_contract(tmp_path: Path) -> None:
    sandbox = Sandbox.create(tmp_path)

    def made(**changes: str) -> int:
        return sandbox.ran("track_data", *options(**changes)).get("track_data", 0)

    assert made() == 3
    assert made() == 0
    assert made(**{"render.image_size": "72", "render.per_pose": "2"}) == 0
    assert made(**{"track.data.train": "3"}) == 1
    assert made(**{"track.data.speed": "[0.1,0.2]"}) == 3
    assert made() == 0

    shutil.rmtree(sandbox.unit("track_data", "train-1"))
    assert made() == 1
    frames = sandbox.unit("track_data", "validation-0") / "frames.tar"
    before = frames.read_bytes()
    os.chmod(frames, 0o644)
    frames.write_bytes(before[:-600])
    assert "validation-0" in sandbox("why", "track_data", *options())
    assert made() == 1
    assert (sandbox.unit("track_data", "validation-0") / "frames.tar").read_bytes() == before

    path = sandbox.root / "code/smpl_assets/motion/gait.py"
    path.write_text(f"# a comment\n{path.read_text()}")
    assert made() == 0
    sandbox.edit("smpl_assets/motion/gait.py", "_UP = 0.07", "_UP = 0.071")
    assert "code smpl_assets.motion.gait changed" in sandbox("why", "track_data", *options())
    assert "smpl_assets.motion" not in sandbox("why", "render")
