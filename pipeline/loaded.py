"""Whether a process has loaded the code that its order was planned with: files are edited while a run goes on."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pipeline.files import FileDigests
from pipeline.sources import CodeCache, Source, home_of, module_path
from smpl_assets.errors import StageError
from smpl_assets.progress import Progress

LOOK_SECONDS = 5.0


class CodeEdited(StageError):
    """A process may hold other code than its order names."""


class LoadedCode:
    """What the sources of this process' modules said when they were first seen loaded.

    Modules are looked at before a unit, while it works and behind it, so that what a file says is what was loaded from it, but
    for an edit within seconds of an import. Where a file once said something else than an order expects, it stays unknown which
    of its states the process holds.
    """

    def __init__(self, cache: CodeCache) -> None:
        self._cache = cache
        self._sources: dict[str, Source | None] = {}

    def look(self, planned: Mapping[str, str]) -> None:
        """Compare the loaded modules with {`module` or `module:name`: hash}; CodeEdited naming those that differ."""
        edited = {m for name, code in planned.items() if self._edited(m := name.partition(":")[0], name, code)}
        _refuse(edited)

    def look_at_files(self, planned: Mapping[str, str]) -> None:
        """The data files beside the modules; CodeEdited naming those that differ."""
        _refuse({name for name, code in planned.items() if "/" in name and self._content(name) != code})

    def _edited(self, module: str, name: str, planned: str) -> bool:
        if "/" in module or module not in sys.modules:
            return False
        if module not in self._sources:
            self._sources[module] = self._source(module)
        if _hash(self._sources[module], name.partition(":")[2]) != planned:
            self._sources[module] = None
        return self._sources[module] is None

    def _source(self, module: str) -> Source | None:
        path = module_path(module)
        try:
            return None if path is None else self._cache.source(module, path)
        except (OSError, StageError):  # removed, or half written
            return None

    def _content(self, name: str) -> str:
        package = name.partition("/")[0]
        try:
            return self._cache.content(package, (home_of(package) or Path()) / name)
        except OSError:
            return ""


@cache
def loaded_code(store: Path) -> LoadedCode:
    """The record of this process; unedited files are not parsed again but known from the store's memory."""
    return LoadedCode(FileDigests(store).code)


def watched(progress: Progress, loaded: LoadedCode, planned: Mapping[str, str]) -> Progress:
    """The progress, with a look at the code every few seconds."""
    looked = time.monotonic()

    def told(done: int, total: int, **figures: float) -> None:
        nonlocal looked
        if time.monotonic() - looked > LOOK_SECONDS:
            loaded.look(planned)
            looked = time.monotonic()
        progress(done, total, **figures)

    return told


def _hash(source: Source | None, definition: str) -> str:
    if source is None or not definition:
        return source["ast"] if source else ""
    known = source["defines"].get(definition)
    return known["ast"] if known else ""


def _refuse(edited: set[str]) -> None:
    if edited:
        raise CodeEdited(
            f"{', '.join(sorted(edited))}: edited while the run went on, so that nobody could say which code made this unit",
            "run again: what was finished before stays",
        )
