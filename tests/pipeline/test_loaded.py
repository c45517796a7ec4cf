"""Files that are edited while a run goes on."""

from __future__ import annotations

import importlib
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.closure import code_of
from pipeline.config import Config
from pipeline.loaded import LOOK_SECONDS, CodeEdited, LoadedCode, watched
from pipeline.sources import CodeCache
from pipeline.store import Store
from pipeline.unit import Unit
from pipeline.worker import Order, make

_numbers = itertools.count()
RUN = """
from pathlib import Path
from {package} import helper

def run(work):
    helper.said(work.out)
    (work.scratch / "checkpoint").write_text("half")
    {edit}
"""
HELPER = """
def said(out):
    (out / "said.txt").write_text("first")
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of its own: `stage.py` uses `helper.py` and `table.json` beside them."""
    folder = tmp_path / f"edited_{next(_numbers)}"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "stage.py").write_text(RUN.format(package=folder.name, edit="pass"))
    (folder / "helper.py").write_text(HELPER)
    (folder / "table.json").write_text("[1]")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [n for n in sys.modules if n.startswith(folder.name)]:
        del sys.modules[name]


def planned(package: Path) -> dict[str, str]:
    return code_of(f"{package.name}.stage:run", (f"{package.name}.stage",), CodeCache())


def load(package: Path) -> None:
    importlib.import_module(f"{package.name}.stage")


def edit(path: Path) -> None:
    path.write_text(path.read_text().replace("first", "second!"))


def test_what_was_seen_loaded_may_be_edited(package: Path) -> None:
    code, loaded = planned(package), LoadedCode(CodeCache())
    load(package)
    loaded.look(code)
    edit(package / "helper.py")
    loaded.look(code)


def test_what_may_have_been_loaded_behind_an_edit_is_refused_for_good(package: Path) -> None:
    code, loaded = planned(package), LoadedCode(CodeCache())
    before = (package / "helper.py").read_text()
    edit(package / "helper.py")
    loaded.look(code)  # nothing of it is loaded
    load(package)
    with pytest.raises(CodeEdited, match=rf"{package.name}\.helper: edited while the run went on"):
        loaded.look(code)
    (package / "helper.py").write_text(before)
    with pytest.raises(CodeEdited, match="helper"):
        loaded.look(code)


def test_a_unit_that_was_planned_behind_the_edit_is_not_made_with_what_was_loaded_before_it(package: Path) -> None:
    first, loaded = planned(package), LoadedCode(CodeCache())
    load(package)
    loaded.look(first)
    edit(package / "helper.py")
    with pytest.raises(CodeEdited, match="helper"):
        loaded.look(planned(package))


@pytest.mark.parametrize("text", ["", "def said(out:", None])
def test_a_file_that_is_emptied_half_written_or_removed_is_edited(package: Path, text: str | None) -> None:
    code, loaded = planned(package), LoadedCode(CodeCache())
    load(package)
    path = package / "helper.py"
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(CodeEdited, match="helper"):
        loaded.look(code)


def test_comments_are_no_edit(package: Path) -> None:
    code, loaded = planned(package), LoadedCode(CodeCache())
    load(package)
    (package / "helper.py").write_text(f"# a comment\n{HELPER}")
    loaded.look(code)


def test_data_files_count(package: Path) -> None:
    code, loaded = planned(package), LoadedCode(CodeCache())
    assert f"{package.name}/table.json" in code
    loaded.look_at_files(code)
    (package / "table.json").write_text("[2, 3]")
    with pytest.raises(CodeEdited, match=r"table\.json"):
        loaded.look_at_files(code)


def test_a_long_unit_is_looked_at_while_it_works(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, told = [0.0], []
    monkeypatch.setattr("pipeline.loaded.time.monotonic", lambda: now[0])
    progress = watched(lambda done, total, **_: told.append(done), LoadedCode(CodeCache()), planned(package))
    edit(package / "helper.py")
    load(package)
    progress(1, 9)
    now[0] = LOOK_SECONDS + 1
    with pytest.raises(CodeEdited):
        progress(2, 9)
    assert told == [1]


def order(package: Path, store: Path, code: dict[str, str]) -> Order:
    return Order(Config(), store, "stage", Unit("all", f"{package.name}.stage:run"), "0" * 16, {"code": code}, {}, code)


def test_a_unit_whose_code_changed_under_it_is_not_kept_nor_are_its_checkpoints(package: Path, tmp_path: Path) -> None:
    again = f"Path({str(package / 'helper.py')!r}).write_text('def said(out): return 2')"
    (package / "stage.py").write_text(RUN.format(package=package.name, edit=again))
    store = tmp_path / "store"
    with pytest.raises(CodeEdited, match="helper"):
        make(order(package, store, planned(package)), "cpu")
    assert Store(store).condition("stage", "0" * 16).state == "missing"
    assert [p.name for p in (store / "stage").iterdir() if p.is_dir()] == []


def test_a_unit_whose_code_stays_is_kept(package: Path, tmp_path: Path) -> None:
    assert make(order(package, tmp_path / "store", planned(package)), "cpu")
    assert (tmp_path / "store" / "stage" / ("0" * 16) / "said.txt").read_text() == "first"
