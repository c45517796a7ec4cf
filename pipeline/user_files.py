"""Whether the user's files still hold what a unit was planned with: sets are edited while a run goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from pipeline.files import FileDigests, digest_of
from smpl_assets.errors import InputError, StageError


class FilesEdited(StageError):
    """A unit may have read other files than its key names."""


class UserFiles:
    """The files behind a unit: as planned when its work begins (FilesEdited otherwise), looked at again when it ends."""

    def __init__(self, digests: FileDigests, externals: Mapping[str, Path], inputs: Mapping[str, str]) -> None:
        """externals: {name: path}; inputs: what the plan read of them, {`file:NAME`: digest}."""
        self._digests = digests
        self._held = {path: self._listed(path) for path in externals.values()}
        planned = {path: inputs.get(f"file:{name}") for name, path in externals.items()}
        _refuse(path for path, held in self._held.items() if planned[path] and digest_of(held) != planned[path])

    def look(self) -> None:
        """FilesEdited naming what holds something else now, or is gone; what was added to a folder meanwhile was not planned."""
        for path, held in self._held.items():
            now = self._listed(path)
            _refuse(path / name if name else path for name, content in held.items() if now.get(name) != content)

    def _listed(self, path: Path) -> dict[str, str]:
        try:
            return self._digests.listed(path)
        except InputError:
            return {}


@cache
def digests_of(store: Path) -> FileDigests:
    """What this process knows of files, from the store's memory on."""
    return FileDigests(store)


def _refuse(edited: Iterable[Path]) -> None:
    names = sorted(map(str, edited))
    if names:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        raise FilesEdited(
            f"{', '.join(names[:3])}{more}: edited while the run went on, so that nobody could say what this unit was made from",
            "run again: what was finished before stays",
        )
