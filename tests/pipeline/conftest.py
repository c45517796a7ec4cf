from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.locks import exclusive
from tests.pipeline.sandbox import Sandbox


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """A sandbox in which the whole DAG has run once; shared by all workers of a parallel test run, never changed."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent / "built" if base.name.startswith("popen-") else base / "built"
    with exclusive(shared.with_suffix(".lock")):
        if not (shared / "done").exists():
            sandbox = Sandbox.create(shared)
            sandbox("run", "-j", "1")
            (shared / "done").touch()
    return Sandbox(shared)


@pytest.fixture
def sandbox(built: Sandbox, tmp_path: Path) -> Sandbox:
    """A copy of the built sandbox to change."""
    return built.copy(tmp_path / "sandbox")
