from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import sources
from pipeline.closure import closure_of
from pipeline.fingerprint import canonical, difference, digest
from pipeline.sources import CodeCache

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(JSON, JSON)
def test_canonical_text_is_equal_exactly_where_values_are(a: object, b: object) -> None:
    assert (canonical(a) == canonical(b)) == (repr(_sorted(a)) == repr(_sorted(b)))


def test_parts_are_delimited() -> None:
    assert digest(["ab", "c"]) != digest(["a", "bc"])
    with pytest.raises(ValueError, match="Out of range float"):
        digest(float("nan"))


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "training"
    (folder / "deep").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "deep/__init__.py").write_text('"""Deep."""\n')
    (folder / "main.py").write_text(
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nfrom training.helper import f\n"
        "if TYPE_CHECKING:\n    from training.types_only import T\n\ndef g():\n    from .deep import lazy\n    return f\n"
    )
    (folder / "helper.py").write_text('"""Helps."""\n# a comment\ndef f():\n    """Doc."""\n    return 1\n')
    (folder / "types_only.py").write_text("T = int\n")
    (folder / "deep/lazy.py").write_text("import numpy\n")
    (folder / "deep/table.json").write_text("{}")
    monkeypatch.setattr(sources, "CODE_ROOT", tmp_path)
    forget()
    yield folder
    forget()


def forget() -> None:
    sources.home_of.cache_clear()
    sources.module_path.cache_clear()


def test_the_closure_follows_first_party_imports_wherever_they_stand_but_not_types(package: Path) -> None:
    code = closure_of(["training.main"], CodeCache())
    assert set(code) == {
        "training",
        "training.main",
        "training.helper",
        "training.deep",
        "training.deep.lazy",
        "training/deep/table.json",
    }


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ('"""Other words."""\ndef f():\n    # why\n    return 1\n', True),
        ("def f():\n    return (1)\n", True),
        ("def f():\n    return 2\n", False),
        ("VERSION = 2\ndef f():\n    return 1\n", False),
    ],
)
def test_only_what_runs_counts(package: Path, text: str, same: bool) -> None:
    before = closure_of(["training.main"], CodeCache())
    (package / "helper.py").write_text(text)
    after = closure_of(["training.main"], CodeCache())
    assert (before == after) is same
    assert [n for n in before if before[n] != after[n]] == ([] if same else ["training.helper"])


def test_unchanged_files_are_not_parsed_again(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = CodeCache()
    before = closure_of(["training.main"], cache)
    monkeypatch.setattr(ast, "parse", lambda *a, **k: pytest.fail("parsed"))
    assert closure_of(["training.main"], cache) == before


def test_data_files_beside_the_code_count(package: Path) -> None:
    before = closure_of(["training.main"], CodeCache())
    (package / "deep/table.json").write_text("[1]")
    assert closure_of(["training.main"], CodeCache()) != before


def test_differences_are_named() -> None:
    assert difference({"a": {"b": 1}, "c": 2}, {"a": {"b": 3}, "d": "x"}) == ["a.b 1 -> 3", "c 2 -> (none)", "d (none) -> x"]


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return {k: _sorted(value[k]) for k in sorted(value)}
    return [_sorted(v) for v in value] if isinstance(value, list) else value
