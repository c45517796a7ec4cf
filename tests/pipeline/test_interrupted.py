"""Trainings that are killed, through the command: the next run goes on from the last checkpoint, to the same bytes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.pipeline.sandbox import Sandbox

FILMS = ("train=1", "validation=1", "frames=4", "width=96", "height=96", "people=[2, 2]", "rare_share=0")
TRACKER = ("steps=120", "batch_size=2", "input_size=[32, 32]", "strides=[1, 2]")
# What a stage reads that is made before, so that its own training is met.
BEFORE = {"start": "start_set", "track_train": "track_data"}
# Per stage what makes its training long enough to be met in the middle, and how many workers make its units.
SMALL = ("width=16", "blocks=1", "batch=16", "pool_poses=64", "prior_poses=100", "prior_components=1")
TRAININGS = {
    "inverse": (("inverse.weights=train", "inverse.steps=300", *(f"inverse.{o}" for o in SMALL)), 1),
    "translator": (("translator.iterations=12", "translator.checkpoint_every=1"), 1),
    "train": (("train.epochs=24",), 2),
    "cross_fit": (
        ("rare_poses.by=error", *(f"rare_poses.error.{o}" for o in ("folds=2", "epochs=20", "input_size=[64, 64]"))),
        1,
    ),
    "start": (("train.start=render", "start.images=64", "start.image_size=48", "start.epochs=20"), 1),
    "track_train": (
        (
            "track.enabled=true", 'render.backgrounds="builtin"', "track.rows.distance={tracker='distance'}",
            *(f"track.data.{o}" for o in FILMS), *(f"track.train.{o}" for o in TRACKER),
        ),
        1,
    ),
}  # fmt: skip


def unit_files(sandbox: Sandbox, stage: str) -> dict[str, bytes]:
    """Every file of a stage's finished units but the manifests, by unit key and name."""
    files = (f for f in (sandbox.store / stage).glob("[0-9a-f]*/*") if f.name != "manifest.json")
    return {f.relative_to(sandbox.store).as_posix(): f.read_bytes() for f in files}


def wait_for(pattern: str, folder: Path, seconds: float = 180.0) -> Path:
    """The first file that fits."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for found in folder.glob(pattern):
            return found
        time.sleep(0.005)
    raise AssertionError(f"{pattern} did not come")


@pytest.mark.slow
@pytest.mark.parametrize("stage", TRAININGS)
def test_a_training_that_is_killed_goes_on_to_the_same_bytes(built: Sandbox, tmp_path: Path, stage: str) -> None:
    settings, workers = TRAININGS[stage]
    words = ["run", stage, "-j", str(workers), *(part for change in settings for part in ("--set", change))]
    killed = built.copy(tmp_path / "killed")
    if stage in BEFORE:
        killed("run", BEFORE[stage], *words[2:])
    whole = killed.copy(tmp_path / "whole")
    before = unit_files(killed, stage)

    process = killed.start(*words)
    try:
        wait_for(".*.scratch/*.ckpt", killed.store / stage)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert unit_files(killed, stage) == before, "the training was not met in the middle"

    killed(*words)
    assert "the training goes on from its last checkpoint" in killed.said
    whole(*words)
    assert "goes on" not in whole.said
    made = unit_files(killed, stage)
    assert made == unit_files(whole, stage)
    assert len(made) > len(before)
    assert not [p.name for p in (killed.store / stage).iterdir() if ".scratch" in p.name or ".part" in p.name]


@pytest.mark.slow
def test_workers_end_with_the_run_that_was_killed(sandbox: Sandbox) -> None:
    process = sandbox.start("run", "train", "-j", "2", "--set", "train.epochs=4000")
    try:
        wait_for(".*.scratch/*.ckpt", sandbox.store / "train")
        workers = children(process.pid)
        assert workers
    finally:
        process.kill()
        process.communicate()
    end = time.monotonic() + 20
    while any(map(alive, workers)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not [w for w in workers if alive(w)]


def children(parent: int) -> list[int]:
    """Processes whose parent is `parent`."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(status.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(status.parent.name))
        except (OSError, ValueError):
            continue
    return found


def alive(process: int) -> bool:
    """Whether a process runs (one that is dead and not waited for does not)."""
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
