"""The user's files that are edited while a run goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import Config
from pipeline.console import Console
from pipeline.engine import LocalEngine
from pipeline.files import FileDigests
from pipeline.luigi_run import run
from pipeline.plan import Plan
from pipeline.runner import Runner
from pipeline.store import Store
from pipeline.unit import Stage, Unit, Work
from pipeline.user_files import FilesEdited, UserFiles, digests_of
from pipeline.worker import Order, make

KEY = "0" * 16
FIRST, SECOND = "first", "the second state"


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    folder = tmp_path / "photographs"
    folder.mkdir()
    for name in ("a.jpg", "b.jpg"):
        (folder / name).write_text(FIRST)
    digests_of.cache_clear()
    return folder


def order(photographs: Path, run: str) -> Order:
    externals = {"images": photographs, "file": photographs / "a.jpg"}
    digests = FileDigests(photographs.parent / "store")
    inputs = {f"file:{name}": digests.of(path) for name, path in externals.items()}
    unit = Unit("all", f"{__name__}:{run}", externals=externals)
    return Order(Config(), photographs.parent / "store", "stage", unit, KEY, {"input": inputs, "code": {}}, {})


def run_nothing(work: Work) -> dict:
    (work.out / "read.txt").write_text(work.unit.externals["file"].read_text())
    return {}


def run_adding(work: Work) -> dict:
    (work.unit.externals["images"] / "c.jpg").write_text(FIRST)
    return run_nothing(work)


def run_editing(work: Work) -> dict:
    assert work.scratch is not None
    (work.scratch / "checkpoint").write_text("half")
    (work.unit.externals["images"] / "b.jpg").write_text(SECOND)
    return run_nothing(work)


def run_removing(work: Work) -> dict:
    (work.unit.externals["images"] / "b.jpg").unlink()
    return run_nothing(work)


def state(photographs: Path) -> str:
    return Store(photographs.parent / "store").condition("stage", KEY).state


@pytest.mark.parametrize("run", ["run_nothing", "run_adding"])
def test_a_unit_whose_files_stay_is_kept_and_others_may_come(photographs: Path, run: str) -> None:
    assert make(order(photographs, run), "cpu")
    assert state(photographs) != "missing"


@pytest.mark.parametrize("run", ["run_editing", "run_removing"])
def test_a_unit_whose_files_are_edited_or_removed_meanwhile_is_not_kept_nor_are_its_checkpoints(
    photographs: Path, run: str
) -> None:
    with pytest.raises(FilesEdited, match=r"b\.jpg: edited while the run went on"):
        make(order(photographs, run), "cpu")
    assert state(photographs) == "missing"
    assert [p.name for p in (photographs.parent / "store" / "stage").iterdir() if p.is_dir()] == []


def test_a_unit_whose_files_were_edited_behind_its_plan_is_not_begun(photographs: Path) -> None:
    planned = order(photographs, "run_nothing")
    (photographs / "a.jpg").write_text(SECOND)
    with pytest.raises(FilesEdited, match="photographs"):
        make(planned, "cpu")
    assert state(photographs) == "missing"


def test_a_run_says_that_what_a_unit_is_made_of_changed_meanwhile(photographs: Path, tmp_path: Path) -> None:
    unit = Unit("all", f"{__name__}:run_adding", externals={"images": photographs, "file": photographs / "a.jpg"})
    stages = (Stage("total", "adding up", lambda config, facts: [unit]),)
    root = tmp_path / "store"
    runner = Runner(Plan(Config(), Store(root), stages, FileDigests(root)), LocalEngine(1), Console(quiet=True), ["total"])
    assert run(runner) == 1
    assert "made, but what it is made of changed meanwhile (input file:images changed)" in runner.told["total"].what
    (photographs / "c.jpg").unlink()
    assert Plan(Config(), Store(root), stages, FileDigests(root)).done("total")  # what was made is of the files as they were


def test_many_edited_files_are_named_by_the_first(photographs: Path, tmp_path: Path) -> None:
    for number in range(6):
        (photographs / f"{number}.jpg").write_text(FIRST)
    files = UserFiles(FileDigests(tmp_path / "other"), {"images": photographs}, {})
    files.look()
    for number in range(6):
        (photographs / f"{number}.jpg").write_text(SECOND)
    with pytest.raises(FilesEdited, match=r"0\.jpg, .*1\.jpg, .*2\.jpg and 3 more: edited"):
        files.look()
