"""The engines on the real DAG: same bytes, whoever makes the shards."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

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
