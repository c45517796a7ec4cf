"""A small run, made once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipeline.report.inputs import ReportInputs
from smpl_assets.archive import write_json

from .made.bodies import BoxBody
from .made.run import make_run


@pytest.fixture(autouse=True, scope="module")
def box_body() -> Iterator[None]:
    """A body that needs no loading, in place of the run's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.report.run.load_body", lambda settings: BoxBody())
        yield


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> ReportInputs:
    root = tmp_path_factory.mktemp("run")
    made = make_run(root)
    for stage, seconds in (("annotations", 3.2), ("fit", 61.0), ("train", 30.0)):
        for folder in made.folders(stage):
            write_json(folder / "manifest.json", {"seconds": seconds})
    return made
