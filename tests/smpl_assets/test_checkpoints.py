from __future__ import annotations

import errno
import logging
from pathlib import Path

import pytest
import torch

from smpl_assets.checkpoints import Checkpoint

STATE = {"step": 3, "weights": {"a": torch.arange(5000.0)}}


def checkpoint(folder: Path, identity: str = "settings") -> Checkpoint:
    return Checkpoint(folder, "train", identity)


def test_what_was_kept_last_is_found(tmp_path: Path) -> None:
    first = checkpoint(tmp_path / "new")
    assert first.found() is None
    first.save(STATE)
    first.save(STATE | {"step": 4})
    found = checkpoint(tmp_path / "new").found()
    assert found is not None
    loaded = torch.load(found, weights_only=True)
    assert loaded["step"] == 4
    assert torch.equal(loaded["weights"]["a"], STATE["weights"]["a"])
    assert [p.suffix for p in (tmp_path / "new").iterdir()] == [".ckpt"]


def test_another_training_s_is_not_found(tmp_path: Path) -> None:
    checkpoint(tmp_path).save(STATE)
    assert checkpoint(tmp_path, "other settings").found() is None
    assert Checkpoint(tmp_path, "inverse", "settings").found() is None


def test_without_a_folder_nothing_is_kept() -> None:
    nowhere = Checkpoint(None, "train", "settings")
    nowhere.save(STATE)
    nowhere.keep(lambda path: pytest.fail("written"))
    assert nowhere.found() is None


def test_a_write_that_is_interrupted_leaves_the_last_one(tmp_path: Path) -> None:
    kept = checkpoint(tmp_path)
    kept.save(STATE)

    def half(path: Path) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept.keep(half)
    assert kept.found() == kept.path
    kept.save(STATE)
    assert [p.suffix for p in tmp_path.iterdir()] == [".ckpt"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda b: b"",
        lambda b: b[:1000],
        lambda b: b[:-1],
        lambda b: bytes(len(b)),
        lambda b: b[: len(b) // 2] + bytes([b[len(b) // 2] ^ 1]) + b[len(b) // 2 + 1 :],
        lambda b: b"nothing like it",
    ],
    ids=["empty", "cut", "one byte short", "zeros", "one bit", "text"],
)
def test_a_damaged_one_is_said_and_the_training_starts_again(tmp_path: Path, damage, caplog: pytest.LogCaptureFixture) -> None:
    kept = checkpoint(tmp_path)
    kept.save(STATE)
    kept.path.write_bytes(damage(kept.path.read_bytes()))
    with caplog.at_level(logging.WARNING, "rarepose"):
        assert kept.found() is None
    assert "is damaged" in caplog.text
    assert "the training starts again" in caplog.text
    assert not kept.path.exists()


class Bomb:
    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple:
        return Path.touch, (self.trace,)


def test_code_in_one_is_not_run(tmp_path: Path) -> None:
    kept = checkpoint(tmp_path)
    torch.save({"state": Bomb(tmp_path / "ran")}, kept.path)
    assert kept.found() is None
    assert not (tmp_path / "ran").exists()


def test_a_full_disk_is_said_as_such(tmp_path: Path) -> None:
    """Writing through torch alone would say `unexpected pos`."""
    full = checkpoint(tmp_path)
    (full.path.with_suffix(".part")).symlink_to("/dev/full")
    with pytest.raises(OSError) as caught:  # noqa: PT011
        full.save({"a": torch.zeros(1_000_000)})
    assert caught.value.errno == errno.ENOSPC
