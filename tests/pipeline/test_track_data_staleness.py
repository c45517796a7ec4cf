"""The staleness contract for rendered sequences: what makes which shard again."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.closure import code_of
from pipeline.files import FileDigests
from tests.pipeline.sandbox import environment
from tests.training.tracking.films import film, own
from training.tracking.film import load_films

SMALL = """
[render]
backgrounds = "builtin"
[track]
enabled = true
[track.data]
train = 2
validation = 1
shard_size = 1
frames = 2
width = 64
height = 64
people = [1, 1]
rare_share = 0
"""


class Sequences:
    """A store that holds the sequences of a configuration."""

    def __init__(self, root: Path, settings: str = SMALL) -> None:
        (root / "small.toml").write_text(settings, encoding="utf-8")
        self.store = root / "store"
        self._where = ["--config", str(root / "small.toml"), "--store", str(self.store)]

    def made(self) -> dict[str, int]:
        """Units made by a run of the real command."""
        line = [sys.executable, "-m", "pipeline", "run", "track_data", *self._where, "-j", "1", "--json"]
        done = subprocess.run(
            line, env=environment() | {"PYTHONPATH": str(Path.cwd())}, capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout.splitlines()[-1])["ran"]

    def stale(self, *changes: str) -> dict[str, str]:
        """Units that would be made, and why."""
        words = [word for change in changes for word in ("--set", change)]
        said = CliRunner().invoke(app, ["why", "track_data", *self._where, *words], catch_exceptions=False).stdout
        return dict(re.findall(r"track_data/(\S+): (.*)", said))

    def unit(self, name: str) -> Path:
        """The folder of the newest finished unit of this name."""
        found = [p for p in (self.store / "track_data").glob("*/manifest.json") if not p.parent.is_symlink()]
        manifests = [(json.loads(p.read_text()), p.parent) for p in found]
        return max((m["created"], folder) for m, folder in manifests if m["unit"] == name)[1]


@pytest.mark.slow
def test_every_row_of_the_contract_that_is_the_stage_s_own(tmp_path: Path) -> None:
    store = Sequences(tmp_path)
    assert store.made() == {"track_data": 3}
    assert store.stale() == {}
    assert store.stale("render.image_size=72", "render.per_pose=2", "train.epochs=1", "track.data.shard_size=1") == {}
    assert list(store.stale("track.data.train=3")) == ["train-2"]
    assert set(store.stale("track.data.speed=[0.1,0.2]")) == {"train-0", "train-1", "validation-0"}
    assert "frames 2 -> 3" in store.stale("track.data.frames=3")["train-0"]
    assert set(store.stale("seed=5")) == {"train-0", "train-1", "validation-0"}

    shutil.rmtree(store.unit("train-1"))
    frames = store.unit("validation-0") / "frames.tar"
    whole = frames.read_bytes()
    frames.chmod(0o644)
    frames.write_bytes(whole[:-600])
    assert set(store.stale()) == {"train-1", "validation-0"}
    assert "truncated" in store.stale()["validation-0"]
    assert store.made() == {"track_data": 2}
    assert (store.unit("validation-0") / "frames.tar").read_bytes() == whole
    assert store.stale() == {}


@pytest.mark.slow
def test_own_sequences_are_made_again_where_they_changed(tmp_path: Path) -> None:
    files = own(tmp_path, film("a"), film("b"), film("c"))
    where = f'train = "{files[0].parent}"\nvalidation = "{files[2]}"\nimages = "{tmp_path / "images"}"\nshard_size = 2'
    numbers = "[track]\nenabled = true\n[track.data]\ntrain = 0\nvalidation = 0"
    store = Sequences(tmp_path, f"{numbers}\n[track.own]\n{where}\n")
    assert store.made() == {"track_data": 3}
    assert store.stale("track.data.frames=9", "render.image_size=72", "track.train.steps=9") == {}
    assert len(load_films([store.unit("train-own-0")])) == 2
    files[1].write_text(files[1].read_text() + "\n")
    assert list(store.stale()) == ["train-own-0"]
    assert store.made() == {"track_data": 1}
    (tmp_path / "images" / "a" / "0.jpg").write_bytes(b"no picture")
    assert set(store.stale()) == {"train-own-0", "train-own-1", "validation-own-0"}
    assert store.made() == {"track_data": 3}
    assert [f.sequence.name for f in load_films([store.unit("train-own-0")])] == ["b"]


def test_the_code_of_its_key_is_what_makes_sequences() -> None:
    code = code_of("pipeline.tasks.track_data:run", (), FileDigests(Path("/nonexistent")).code)
    inside = {
        "smpl_assets.motion.gait",
        "smpl_assets.render.sequences.film",
        "training.tracking.data_stage",
        "smpl_assets.sensor",
    }
    assert inside <= set(code)
    others = ("training.tracking.settings", "training.loop", "style_transfer", "pipeline.order")
    assert not [module for module in code if module.startswith(others)]
