"""The engines on the real DAG: same bytes, whoever makes the shards."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.engine import LocalEngine
from tests.pipeline.sandbox import Sandbox

SHARDED = ("fit", "render", "translate")


def contents(sandbox: Sandbox) -> dict[str, bytes]:
    """What the sharded stages wrote."""
    found = {}
    for path in sorted(p for stage in SHARDED for p in (sandbox.store / stage).glob("*/*")):
        if not path.parent.is_symlink() and path.name != "manifest.json":
            found[str(path.relative_to(sandbox.store))] = path.read_bytes()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("options", [("-j", "2"), ("--engine", "ray", "-j", "2")], ids=["parallel", "ray"])
def test_parallel_and_ray_runs_give_the_same_bytes(sandbox: Sandbox, tmp_path: Path, options: tuple[str, ...]) -> None:
    before = contents(sandbox)
    for stage in SHARDED:
        shutil.rmtree(sandbox.store / stage)
    ran = sandbox.ran("augment", *options)
    assert set(ran) == set(SHARDED)
    assert contents(sandbox) == before


class Machine:
    """A machine that the engine is told it runs on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, cores: int, gpus: int, gib: float) -> None:
        card = type("Card", (), {"total_memory": int(gib * 2**30)})
        monkeypatch.setattr("os.cpu_count", lambda: cores)
        monkeypatch.setattr("torch.cuda.device_count", lambda: gpus)
        monkeypatch.setattr("torch.cuda.get_device_properties", lambda _: card)
        self.devices = [f"cuda:{i}" for i in range(gpus)] or ["cpu"]

    def workers(self, gpu_share: float, asked: int | None = None) -> int:
        engine = LocalEngine(asked)
        engine._devices = self.devices
        return engine._limit(gpu_share)


@pytest.mark.parametrize(
    ("cores", "gpus", "gib", "share", "expected"),
    [
        (16, 1, 141, 1 / 16, 16),  # every core drives the GPU
        (16, 1, 8, 1 / 16, 4),  # as many as its memory holds
        (16, 1, 1, 1 / 16, 1),
        (32, 2, 80, 1 / 16, 32),
        (16, 2, 80, 1.0, 2),  # one a GPU
        (4, 8, 80, 1.0, 8),
        (16, 1, 141, 0.0, 16),  # a stage that needs no GPU
        (2, 0, 0, 1 / 16, 2),
    ],
)
def test_as_many_workers_as_cores_and_gpus_hold(monkeypatch, cores, gpus, gib, share, expected):
    machine = Machine(monkeypatch, cores, gpus, gib)
    assert machine.workers(share) == expected
    assert machine.workers(share, asked=3) == 3
