"""A first look at what lies at a path; every reader asks it whether that is its own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from smpl_assets.errors import InputError
from training.datasets.files import load_json, load_mat
from training.datasets.kinds import HEAD, head_text, kind_of

LARGEST = 1 << 26  # bytes of a file that is opened only because it lies in a folder
_LARGEST_YAML = 1 << 20
NOT_YAML = "save it as UTF-8, indent with blanks (YAML takes no tabs); docs/datasets.md says what data.yaml has to hold"
_LOOKED_AT = 20  # files of a folder


class Glance:
    """What readers are shown of an annotation file or a folder; nothing is opened twice.

    kind: `folder`, `hdf5`, `mat`, `json`, `xml`, `text`, or another that no reader takes (`training.datasets.kinds`).
    """

    def __init__(self, path: Path) -> None:
        """InputError if there is nothing at `path`."""
        self.path = path
        if not path.exists():
            raise InputError(f"{path}: no such file", "name the annotation file")
        self.kind = kind_of(path)
        self._children: dict[Path, Glance] = {}

    @cached_property
    def content(self) -> Any:
        """A JSON file's value, a MATLAB file's variables by name, the names in an HDF5 file or a folder, a mapping in YAML.

        None for anything else; InputError if it is unreadable.
        """
        if self.kind == "json":
            return load_json(self.path, "an annotation file")
        if self.kind == "mat":
            return load_mat(self.path)
        names = {"folder": lambda: sorted(p.name for p in self.path.iterdir()), "hdf5": lambda: _names(self.path)}
        return names[self.kind]() if self.kind in names else self._mapping()

    @cached_property
    def head(self) -> str:
        """The beginning of a text file, '' for others."""
        if self.kind not in ("json", "xml", "text"):
            return ""
        with self.path.open("rb") as file:
            return head_text(file.read(HEAD)) or ""

    def _mapping(self) -> Any:
        """What a YAML file of settings says; None where it is none."""
        if self.kind != "text" or self.path.stat().st_size > _LARGEST_YAML:
            return None
        try:
            value = yaml.safe_load(self.path.read_bytes())
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            if self.path.suffix.lower() in (".yaml", ".yml"):
                raise InputError(f"{self.path}: not YAML ({' '.join(str(error).split())})", NOT_YAML) from error
            return None
        return value if isinstance(value, dict) else None

    def has(self, *keys: str) -> bool:
        """Whether this is a mapping (JSON, YAML, MATLAB) or a list of names (HDF5, folder) with all these keys."""
        return isinstance(self.content, (dict, list)) and all(key in self.content for key in keys)

    def lists(self, *keys: str) -> bool:
        """Whether this is a JSON object with a list at each of these keys."""
        return self.kind == "json" and isinstance(self.content, dict) and all(isinstance(self.content.get(k), list) for k in keys)

    def first(self, key: str = "") -> list[dict[str, Any]]:
        """The objects among the first twenty entries of a JSON list, or of the list at `key` of a JSON object."""
        found = self.content.get(key) if key and isinstance(self.content, dict) else self.content
        return [e for e in found[:20] if isinstance(e, dict)] if self.kind == "json" and isinstance(found, list) else []

    def files(self, *suffixes: str) -> Iterator[Glance]:
        """A look at the first twenty of a folder's own files with these endings; large and unreadable ones are left out."""
        if self.kind == "folder":
            paths = (self.path / name for name in self.content if name.lower().endswith(suffixes) and not name.startswith("."))
            for path in islice((p for p in paths if p.is_file() and p.stat().st_size <= LARGEST), _LOOKED_AT):
                glance = self._children.setdefault(path, Glance(path))
                if glance._readable():
                    yield glance

    def _readable(self) -> bool:
        try:
            return self.content is not None or bool(self.head)
        except InputError:
            return False

    @property
    def tracks(self) -> bool:
        """Whether COCO-like JSON lists frames of videos, and people with tracks if any."""
        people = self.first("annotations")
        return any("vid_id" in f for f in self.first("images")) and (not people or any("track_id" in a for a in people))

    def holds(self) -> str:
        """What is there, for an error."""
        names = self.content if isinstance(self.content, (dict, list)) else []
        found = ", ".join(str(n) for n in list(names)[:8] if isinstance(n, str) and not n.startswith("__"))
        return f"{self.kind}: {found or 'nothing that is known'}"


def _names(path: Path) -> list[str]:
    """The names at the top of an HDF5 file; none where it is damaged."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return list(file)
    except (OSError, RuntimeError):
        return []
